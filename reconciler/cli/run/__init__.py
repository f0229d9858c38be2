"""What several commands do around a run."""
