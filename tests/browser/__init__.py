"""HTML pages, opened in a real Chromium."""
