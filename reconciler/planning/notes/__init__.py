"""What a reviewer should know about a plan."""
