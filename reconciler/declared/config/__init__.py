"""Read `reconciler.yaml` into values."""
