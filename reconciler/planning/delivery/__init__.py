"""Who gets secrets, and what happens to creates and rotations whose secret did not arrive."""
