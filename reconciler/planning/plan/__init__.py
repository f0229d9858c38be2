"""The plan and its changes, as values."""
