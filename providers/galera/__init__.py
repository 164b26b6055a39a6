"""A Galera cluster as the program sees it: its birth, its members seen Synced, its databases and users."""

from providers.galera.absent import AbsentMembers, AbsentMembersArgs, AbsentMembersProvider
from providers.galera.birth_provider import ClusterBirthProvider
from providers.galera.cluster_birth import ClusterBirth, ClusterBirthArgs, MemberVolume
from providers.galera.database import Database, DatabaseArgs
from providers.galera.database_provider import DatabaseProvider
from providers.galera.database_user import DatabaseUser, DatabaseUserArgs, Grant
from providers.galera.errors import GaleraError
from providers.galera.member_seat import MemberSeat, MemberSeatArgs
from providers.galera.member_view import seat_label, seated_name
from providers.galera.root_account import RootAccount, RootAccountArgs, RootAccountProvider
from providers.galera.seat_provider import MemberSeatProvider
from providers.galera.synced_member import SyncedMember, SyncedMemberArgs
from providers.galera.synced_provider import SyncedMemberProvider
from providers.galera.user_provider import DatabaseUserProvider

__all__ = [
    "AbsentMembers",
    "AbsentMembersArgs",
    "AbsentMembersProvider",
    "ClusterBirth",
    "ClusterBirthArgs",
    "ClusterBirthProvider",
    "Database",
    "DatabaseArgs",
    "DatabaseProvider",
    "DatabaseUser",
    "DatabaseUserArgs",
    "DatabaseUserProvider",
    "GaleraError",
    "Grant",
    "MemberSeat",
    "MemberSeatArgs",
    "MemberSeatProvider",
    "MemberVolume",
    "RootAccount",
    "RootAccountArgs",
    "RootAccountProvider",
    "SyncedMember",
    "SyncedMemberArgs",
    "SyncedMemberProvider",
    "seat_label",
    "seated_name",
]
