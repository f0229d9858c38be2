"""Export live clients to YAML files that declare them."""
