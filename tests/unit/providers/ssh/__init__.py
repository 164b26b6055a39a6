"""Unit tests of providers/ssh."""
