"""Access to the git repository of the files."""
