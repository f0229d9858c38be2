"""Keeps the OAuth auth clients of ProcessMaker Platform instances equal to YAML files in git."""

__version__ = "0.1.0"
