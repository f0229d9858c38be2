"""Turn results into text: one package or module per format."""
