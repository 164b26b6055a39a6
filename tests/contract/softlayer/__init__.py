"""Contract tests of providers/softlayer against the sandbox's API."""
