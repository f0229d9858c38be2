"""The use cases: check, plan, apply. They compose the rooms and hold no rule of their own."""
