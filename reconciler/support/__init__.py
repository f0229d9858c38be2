"""Tools that know nothing of auth clients."""
