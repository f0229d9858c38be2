"""Streams, signals, prompts and exit codes."""
