"""Who gets the secrets of an instance, and whether its sinks work."""
