"""Saved plans: written, read, and checked for staleness."""
