"""Whether a document has the structure that its JSON Schema demands."""
