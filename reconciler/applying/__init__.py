"""Apply a plan through a gateway and return a report: the only package that writes to instances."""
