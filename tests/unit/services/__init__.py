"""Unit tests of what runs inside the containers."""
