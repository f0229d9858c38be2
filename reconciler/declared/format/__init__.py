"""The canonical form that `fmt` writes."""
