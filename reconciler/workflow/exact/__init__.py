"""Plans that are given, not made: saved ones, and those that undo a run."""
