"""Servers as tests order them."""

from dataclasses import replace
from typing import Any

from sandbox.api.driver import NodeSpec

PLAIN = NodeSpec(
    guest_id=7,
    hostname="db-1",
    domain="example.org",
    public_ip="10.140.0.17",
    private_ip="10.141.0.17",
    memory_mb=2048,
    cpus=2,
    disks_gb=(25,),
    ssh_public_keys=("ssh-ed25519 AAAA one\n", "ssh-ed25519 BBBB two"),
    user_data="",
    os_code="DEBIAN_12_64",
    post_install_uri=None,
)


def spec(**changes: Any) -> NodeSpec:
    """The plain server, changed."""
    return replace(PLAIN, **changes)
