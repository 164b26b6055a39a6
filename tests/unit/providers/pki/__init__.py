"""Unit tests of providers/pki."""
