"""Tests of the plugin `command`."""
