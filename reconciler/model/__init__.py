"""The vocabulary: frozen values that all other packages speak in."""
