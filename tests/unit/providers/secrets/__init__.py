"""Unit tests of providers/secrets."""
