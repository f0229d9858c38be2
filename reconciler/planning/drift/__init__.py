"""Separate changes in git from manual changes on the instance."""
