"""The named rules for declarations."""
