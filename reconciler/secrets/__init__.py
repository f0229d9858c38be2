"""Deliver client ids and secrets to configured destinations: the sinks."""
