"""Validate documents against their JSON Schema."""
