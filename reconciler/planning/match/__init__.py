"""Which live client each declared entry means."""
