"""From files to declared clients: load, shape, resolve, rules."""
