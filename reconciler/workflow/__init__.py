"""The use cases: check, plan, apply. They combine the other packages and contain no rules of their own."""
