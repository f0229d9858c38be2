"""A first project: its files, and the pipeline of a code host with the project's names filled in."""
