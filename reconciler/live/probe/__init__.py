"""Connectivity, credentials and permissions, checked step by step."""
