"""What each route of the sandbox does."""
