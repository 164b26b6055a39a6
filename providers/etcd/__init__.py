"""The members of an etcd cluster: their seats before they start, and the proof that they work."""

from providers.etcd.errors import EtcdError
from providers.etcd.leeway import EtcdLeeway, EtcdLeewayArgs, EtcdLeewayProvider
from providers.etcd.member import EtcdMember, EtcdMemberArgs
from providers.etcd.member_provider import EtcdMemberProvider
from providers.etcd.peers import EtcdPeer
from providers.etcd.seat import EtcdSeat, EtcdSeatArgs
from providers.etcd.seat_provider import EtcdSeatProvider

__all__ = [
    "EtcdError",
    "EtcdLeeway",
    "EtcdLeewayArgs",
    "EtcdLeewayProvider",
    "EtcdMember",
    "EtcdMemberArgs",
    "EtcdMemberProvider",
    "EtcdPeer",
    "EtcdSeat",
    "EtcdSeatArgs",
    "EtcdSeatProvider",
]
