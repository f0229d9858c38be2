"""Entries of `clients:` to what one instance should have."""
