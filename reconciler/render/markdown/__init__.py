"""Markdown for comments and step summaries."""
