"""Properties are judged by what holds, not by how fast this machine was at that moment.

`make test-unit` searches a few random examples each time, other ones at every run, so that people run it;
with GALERA_SWARM_THOROUGH=1 it searches many.
"""

import os

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("thorough" if os.environ.get("GALERA_SWARM_THOROUGH") else "unhurried")
