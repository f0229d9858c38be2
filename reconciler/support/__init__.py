"""Helpers that know nothing about auth clients."""
