"""Read and change the live clients of an instance."""
