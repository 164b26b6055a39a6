"""Breaks a running cluster on purpose, measures its recovery, and counts what was acknowledged."""
