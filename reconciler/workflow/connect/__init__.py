"""Logging in to instances."""
