"""Unit tests of providers/galera."""
