"""Unit tests of providers/topology."""
