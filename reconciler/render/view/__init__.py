"""Counts, verdicts and findings that all formats share."""
