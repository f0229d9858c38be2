"""Bringing live clients into the files."""
