"""From an instance to its live clients, and back."""
