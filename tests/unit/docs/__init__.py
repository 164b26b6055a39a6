"""The documentation, as far as a machine can tell whether it is true."""
