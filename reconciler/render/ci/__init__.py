"""The formats that CI systems and monitoring read."""
