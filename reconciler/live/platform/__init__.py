"""The platform's API: login, requests and responses."""
