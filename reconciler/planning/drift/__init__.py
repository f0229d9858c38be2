"""Changes in git told from changes on the instance."""
