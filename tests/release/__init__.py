"""What a release is made of, and the tests of that."""
