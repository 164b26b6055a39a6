"""Properties are judged by what holds, not by how fast this machine was at that moment."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
