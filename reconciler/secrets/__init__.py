"""Where the secrets of clients go: sinks, one module each."""
