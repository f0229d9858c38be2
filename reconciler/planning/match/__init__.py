"""Match each declared entry to a live client."""
