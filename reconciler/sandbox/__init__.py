"""The embedded stand-in for a platform instance: a small web application over one SQLite file."""
