"""Properties are judged by what holds, not by how fast this machine was at that moment.

`make test-unit` searches a few dozen random examples each time, so that people run it; CI searches many
(GALERA_SWARM_THOROUGH).
"""

import os

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("thorough" if os.environ.get("GALERA_SWARM_THOROUGH") else "unhurried")
