"""Edit YAML files without changing any other byte."""
