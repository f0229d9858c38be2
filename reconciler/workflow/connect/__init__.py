"""Log in to instances."""
