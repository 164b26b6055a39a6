"""Measures galera-swarm: each step with its target, and the same way by hand in `baseline`."""
