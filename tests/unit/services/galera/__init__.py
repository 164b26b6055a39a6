"""Unit tests of the Galera member's shell parts, without Docker and without a server."""
