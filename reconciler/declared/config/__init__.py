"""`reconciler.yaml` as values."""
