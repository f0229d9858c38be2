"""Turn facts about an instance into findings, each with a fix. Pure: no files, no network, no clock."""
