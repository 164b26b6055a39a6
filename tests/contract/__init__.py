"""Contract tests: clients and our providers against the sandbox API, without Docker."""
