"""Every rule that goes beyond the type of a single value, as one table."""

from collections.abc import Collection, Sequence

from settings.checks import (
    accounts,
    aerospike,
    cloud,
    consul,
    database,
    etcd,
    homogeneous,
    host,
    images,
    load_balancer,
    memory,
    network,
    overlay,
    required,
    servers,
    sharing,
    sizes,
    swarm,
    wordpress,
)
from settings.checks.check import Check, Context
from settings.problems import Problem, covers

__all__ = ["TABLE", "Check", "Context", "run"]

TABLE: tuple[Check, ...] = (
    *required.CHECKS,
    *cloud.CHECKS,
    *servers.CHECKS,
    *sizes.CHECKS,
    *host.CHECKS,
    *swarm.CHECKS,
    *network.CHECKS,
    *overlay.CHECKS,
    *memory.CHECKS,
    *database.CHECKS,
    *accounts.CHECKS,
    *etcd.CHECKS,
    *load_balancer.CHECKS,
    *aerospike.CHECKS,
    *wordpress.CHECKS,
    *homogeneous.CHECKS,
    *consul.CHECKS,
    *images.CHECKS,
    *sharing.CHECKS,
)


def run(context: Context, unsure: Collection[str], table: Sequence[Check] = TABLE) -> list[Problem]:
    """What the rules find. `unsure` are keys whose value is not known: nothing is said of them, or concluded
    from them."""
    found: list[Problem] = []
    for check in table:
        if any(covers(key, read) for key in unsure for read in check.reads):
            continue
        for problem in check.find(context):
            if not any(covers(key, problem.key) for key in unsure) and problem not in found:
                found.append(problem)
    return found
