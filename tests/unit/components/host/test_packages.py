"""Which packages are installed, from where, and what happens when that fails, in both families."""

import re
from pathlib import Path

import pytest

from tests.unit.components.host.bash import RECORD, calls, run_functions

PACKAGES = {"debian_packages": ("docker.io", "btrfs-progs", "chrony")}


def install(room: Path, *, there: str, apt: str, client: bool = True) -> tuple[int, list[str], str]:
    """(status, apt-get calls without options, stderr) on a host where the packages `there` are installed."""
    done = run_functions(
        room,
        files=["packages"],
        values={**PACKAGES, "start_policy": str(room / "policy-rc.d")},
        overrides="dpkg_repair() { :; }\ncommand() { " + ("true" if client else "false") + "; }",
        fakes={
            "dpkg-query": f'case " {there} " in *" ${{@: -1}} "*) printf installed ;; *) exit 1 ;; esac',
            "apt-cache": "echo 'Package: docker-cli'",
            "debconf-set-selections": "cat >/dev/null",
            "apt-get": RECORD + f'\nroom="${{0%/fake-bin/*}}"; [ -e "$room/policy-rc.d" ] || exit 99\n{apt}',
        },
        call="debian_install",
    )
    plain = [re.sub(r" -(?:y|q|o \S+)(?= )", "", line) for line in calls(room)]
    return done.returncode, plain, done.stderr


def test_installed_packages_are_left_alone(tmp_path: Path) -> None:
    assert install(tmp_path, there="docker.io btrfs-progs chrony", apt="exit 1")[:2] == (0, [])


def test_only_what_is_missing_is_installed_and_from_the_cache_first(tmp_path: Path) -> None:
    status, apt, _ = install(tmp_path, there="chrony", apt="exit 0")
    assert (status, apt) == (0, ["apt-get install --no-download docker.io btrfs-progs"])
    assert not (tmp_path / "policy-rc.d").exists(), "services may start again"


def test_a_release_with_a_client_package_gets_it(tmp_path: Path) -> None:
    _, apt, _ = install(tmp_path, there="docker.io btrfs-progs chrony", apt="exit 0", client=False)
    assert apt == ["apt-get install --no-download docker-cli"]


def test_without_the_cache_the_lists_are_updated_first(tmp_path: Path) -> None:
    status, apt, _ = install(tmp_path, there="", apt='case "$*" in *--no-download*) exit 100 ;; esac')
    assert status == 0
    assert apt == [
        "apt-get install --no-download docker.io btrfs-progs chrony",
        "apt-get update",
        "apt-get install docker.io btrfs-progs chrony",
    ]


def test_a_mirror_that_is_down_is_asked_six_times_and_then_named(tmp_path: Path) -> None:
    status, apt, stderr = install(tmp_path, there="", apt="echo 'Temporary failure resolving'; exit 100")
    assert (status, apt.count("apt-get update")) == (1, 6)
    assert "Temporary failure resolving" in stderr
    assert "apt-get update failed six times; check the server's DNS" in stderr


@pytest.mark.parametrize(
    ("ids", "family"),
    [
        ("ID=debian", "debian"),
        ("ID=ubuntu\nID_LIKE=debian", "debian"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "redhat"),
        ('ID="centos"\nID_LIKE="rhel fedora"', "redhat"),
        ('ID="rhel"\nID_LIKE="fedora"', "redhat"),
        ("ID=alpine", "unknown"),
        ("ID=arch", "unknown"),
    ],
)
def test_the_family_is_read_from_the_system(ids: str, family: str, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text(ids + "\n")
    done = run_functions(
        tmp_path, files=["packages"], values={"os_release": str(tmp_path / "os-release")}, call="os_family"
    )
    assert done.stdout.strip() == family


def redhat(room: Path, *, there: str, dnf: str = "exit 0") -> tuple[int, list[str], str]:
    """(status, calls of curl and dnf without options, stderr) where packages `there` are installed."""
    (room / "repos").mkdir()
    done = run_functions(
        room,
        files=["packages"],
        values={
            "redhat_packages": ("docker-ce", "iproute", "iptables"),
            "engine_repository": "https://repository.example.com/docker-ce.repo",
            "repository_file": str(room / "repos/docker-ce.repo"),
        },
        fakes={
            "rpm": f'case " {there} " in *" ${{@: -1}} "*) exit 0 ;; *) exit 1 ;; esac',
            "curl": RECORD + '\nwhile [ "$1" != -o ]; do shift; done; echo repo >"$2"',
            "dnf": f"{RECORD}\n{dnf}",
        },
        call="redhat_install",
    )
    return done.returncode, [re.sub(r" --?[a-zA-Z][^ ]*", "", line) for line in calls(room)], done.stderr


def test_the_other_family_gets_the_engine_from_its_repository(tmp_path: Path) -> None:
    status, done, _ = redhat(tmp_path, there="iptables")
    assert (status, done[1:]) == (0, ["dnf install docker-ce iproute"])
    assert done[0].endswith("https://repository.example.com/docker-ce.repo")
    assert (tmp_path / "repos/docker-ce.repo").read_text() == "repo\n"


def test_the_other_family_too_leaves_alone_what_is_there(tmp_path: Path) -> None:
    assert redhat(tmp_path, there="docker-ce iproute iptables", dnf="exit 1")[:2] == (0, [])


def test_the_other_family_too_gives_up_in_one_sentence(tmp_path: Path) -> None:
    status, done, stderr = redhat(tmp_path, there="iptables", dnf="exit 1")
    assert (status, done.count("dnf install docker-ce iproute")) == (1, 6)
    assert "dnf install docker-ce iproute failed six times" in stderr
