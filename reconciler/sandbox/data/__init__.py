"""The data of the sandbox, in one SQLite file."""
