"""What all formats count and call the same way."""
