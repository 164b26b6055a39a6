"""System update: the distribution's packages brought up to date once, at the first preparation of a host."""

from components.host.script import Part, shell


def system_update() -> Part:
    """Upgrades every package, only where no preparation has ended yet; uses the functions of `packages`."""
    return Part(title="system update", functions=shell("system_update"), call="update_system")
