"""Turn entries of `clients:` into the declarations of one instance."""
