"""Live clients to YAML files that declare them."""
