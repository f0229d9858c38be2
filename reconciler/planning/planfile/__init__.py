"""Write and read saved plans, and check whether they are stale."""
