"""Files to documents: plain values, with the place of every key."""
