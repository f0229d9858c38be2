"""Bring live clients into the files."""
