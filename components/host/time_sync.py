"""Time sync by chrony; where the clock belongs to the machine below (a container), chronyd measures and never
sets it.
"""

from components.host.plan import TimePlan
from components.host.script import Part, shell


def time_sync(plan: TimePlan) -> Part:
    """Configures and starts chrony (its package is in `packages`)."""
    return Part(
        title="time sync",
        values={"time_servers": plan.servers},
        functions=shell("time_sync"),
        call="sync_time",
    )
