"""Turn files into declared clients: load, validate, resolve, check rules."""
