"""The domain model: frozen values that all other packages use."""
