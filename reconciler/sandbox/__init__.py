"""The local emulator of a platform instance: a small web application on one SQLite file."""
