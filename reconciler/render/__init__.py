"""From values to text: one module a format."""
