"""Requests and answers: bounded, verified, repeated where that is safe."""
