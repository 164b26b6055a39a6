"""Unit tests of the providers; mirrors providers/."""
