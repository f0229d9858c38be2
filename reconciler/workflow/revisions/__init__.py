"""Other git revisions of the files: the base, and the trusted configuration."""
