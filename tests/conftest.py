"""For all tests: how properties are searched."""

from hypothesis import HealthCheck, settings

# A machine that is busy with other things fails no property.
settings.register_profile("galera-swarm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("galera-swarm")
