"""Changes to YAML files that leave all other bytes as they are."""
