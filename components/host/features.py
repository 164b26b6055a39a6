"""Kernel checks: what the plan needs is proved before anything is touched, each lack told in one sentence."""

from components.host.plan import Feature, HostPlan, required_features
from components.host.script import Part, shell


def kernel_checks(plan: HostPlan) -> Part:
    """The check of each of `required_features`; it changes nothing but which modules are loaded."""
    features = required_features(plan)
    return Part(
        values={
            "features": [feature.value for feature in features],
            "feature_remedies": [REMEDIES[feature] for feature in features],
        },
        functions=shell("kernel"),
        call="check_kernel",
    )


REMEDIES: dict[Feature, str] = {
    Feature.BTRFS: "choose host.dataDisk.filesystem ext4, xfs or none, or an image whose kernel has btrfs",
    Feature.EXT4: "choose another host.dataDisk.filesystem",
    Feature.XFS: "choose another host.dataDisk.filesystem",
    Feature.DEVICE_MAPPER: "choose host.dataDisk.filesystem btrfs instead of lvm-btrfs",
    Feature.VXLAN: "no overlay network works on it: use an image whose kernel has VXLAN",
    Feature.ESP: "switch network.encrypted off, or use an image whose kernel has INET_ESP",
    Feature.IPVS: "keep endpoint mode dnsrr and host-mode ports, or use an image whose kernel has IP_VS",
}
