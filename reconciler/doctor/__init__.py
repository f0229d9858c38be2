"""What the facts about an instance mean: findings, each with a way out. Pure: no files, no network, no clock."""
