"""The named rules on what is declared."""
