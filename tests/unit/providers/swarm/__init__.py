"""Unit tests of providers/swarm."""
