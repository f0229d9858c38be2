"""Wrong usage: what was meant, also by those who come from other programs. Imported only after a mistake."""
