"""Fast tests: no Docker, no engine."""
