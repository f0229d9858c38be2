"""Plain text for people at a terminal."""
