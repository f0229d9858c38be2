"""HTTP requests and responses: limited in time and size, TLS verified, retried where that is safe."""
