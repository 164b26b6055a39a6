"""What members do on MariaDB, on Percona XtraDB Cluster; skipped where its image cannot be had."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from settings.flavors import FLAVORS
from tests.e2e.galera_service import test_member, test_recovery
from tests.e2e.galera_service.conftest import closed_at_the_end
from tests.e2e.galera_service.members import Members

#: An SST takes 10 s longer than MariaDB's.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SAME = (
    test_member.test_health_and_stop,
    test_member.test_a_member_cut_off_waits_and_heals,
    test_member.test_no_password_in_sight,
    test_recovery.test_birth_join_and_crash_of_all,
    test_recovery.test_one_member_dies,
    test_recovery.test_all_stopped_at_once,
    test_recovery.test_one_volume_wiped_after_a_crash_of_all,
    test_recovery.test_a_silent_member_holds_the_others_until_it_is_declared_absent,
)


@pytest.fixture(scope="module")
def image() -> str:
    """The image, if this machine has it or a registry gives it."""
    name = os.environ.get("GALERA_SWARM_PERCONA_IMAGE", FLAVORS["percona-xtradb-cluster"].image)
    for words in (["image", "inspect", name], ["pull", "--quiet", name]):
        try:
            done = subprocess.run(["docker", *words], capture_output=True, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired):
            break
        if done.returncode == 0:
            return name
    pytest.skip(f"the image {name} is not here, and no registry gives it")


@pytest.fixture
def members(image: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Members]:
    yield from closed_at_the_end(Members(scratch=tmp_path, image=image, flavor="percona"), request)


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.__name__.removeprefix("test_"))
def test_the_same_as_on_mariadb(case: Callable[[Members], None], members: Members) -> None:
    case(members)
