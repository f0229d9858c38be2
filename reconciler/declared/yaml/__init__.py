"""Load YAML files as documents: plain values, with the location of every key."""
