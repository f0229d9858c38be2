"""What the platform answers, and what it means."""
