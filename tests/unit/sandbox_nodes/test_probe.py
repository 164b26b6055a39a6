"""Trying profiles and remembering the one that works."""

from pathlib import Path

import pytest

from sandbox.nodes.errors import HostError
from sandbox.nodes.guest import GuestProfile
from sandbox.nodes.host_facts import HostFacts
from sandbox.nodes.layout import Layout
from sandbox.nodes.probe import NEEDED_FEATURES, choose_profile, features_of, lacking_features, option_notes
from tests.unit.sandbox_nodes.fakes import Answer, FakeDocker

FACTS = HostFacts(engine="24.0.7", cpus=2)
ALL = "".join(f"yes {name}\n" for name in NEEDED_FEATURES) + "yes btrfs\nno esp\n"


def engine(capabilities: Answer, privileged: Answer) -> FakeDocker:
    class FakeTrials(FakeDocker):
        def attempt(self, *arguments: str, **rest: object):  # type: ignore[no-untyped-def, override]
            self.commands.append(list(arguments))
            return self._done(*(privileged if "--privileged" in arguments else capabilities))

    return FakeTrials()


def test_answers_are_read_and_other_lines_are_not() -> None:
    assert features_of("yes mount\nno esp\nnode-check: trouble\nyes\n") == {"mount": True, "esp": False}


def test_a_feature_that_was_not_answered_is_lacking() -> None:
    assert lacking_features({name: True for name in NEEDED_FEATURES if name != "vxlan"}) == ["vxlan"]


def test_the_capabilities_are_enough(tmp_path: Path) -> None:
    profile, features = choose_profile(engine((0, ALL, ""), (0, ALL, "")), Layout(tmp_path), FACTS, "node:1")
    assert profile == GuestProfile(cpus=2)
    assert features["btrfs"]
    assert option_notes(features)


@pytest.mark.parametrize(
    "capabilities", [(1, "", "operation not permitted"), (0, ALL.replace("yes cgroups", "no cgroups"), "")]
)
def test_privileged_is_taken_where_the_capabilities_do_not_work(tmp_path: Path, capabilities: Answer) -> None:
    profile, _ = choose_profile(engine(capabilities, (0, ALL, "")), Layout(tmp_path), FACTS, "node:1")
    assert profile.privileged


def test_when_nothing_works_everything_that_is_missing_is_told(tmp_path: Path) -> None:
    docker = engine((0, ALL.replace("yes vxlan", "no vxlan"), ""), (1, "", "privileged is forbidden"))
    with pytest.raises(HostError, match=r"no vxlan.*privileged is forbidden"):
        choose_profile(docker, Layout(tmp_path), FACTS, "node:1")
    assert not Layout(tmp_path).host_report.exists()


def test_the_answer_is_remembered_for_the_same_image_only(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    docker = engine((0, ALL, ""), (0, ALL, ""))
    first = choose_profile(docker, layout, FACTS, "node:1")
    assert choose_profile(docker, layout, FACTS, "node:1") == first
    assert len(docker.commands) == 1
    choose_profile(docker, layout, FACTS, "node:2")
    choose_profile(docker, layout, FACTS, "node:2", fresh=True)
    assert len(docker.commands) == 3
