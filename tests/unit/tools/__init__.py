"""Tests of what sets a machine up and drives the engine."""
