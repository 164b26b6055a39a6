"""The examples of docs/any-container.md are programs: run as written, on the engine of the tests."""

import re
from pathlib import Path
from typing import Any

import pytest

from components.stack import deploy
from tests.unit.components.fake_engine import FakeEngine, run
from tests.unit.components.stacks import RUNNING, SECRET, SERVICE, Stacks

PAGE = Path(__file__).resolve().parents[3] / "docs" / "any-container.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> list[FakeEngine]:
    """The page's examples, in their order in one program; twice, one after the other."""
    settings = Stacks(tmp_path_factory.mktemp("project")).settings()

    def program() -> None:
        names: dict[str, Any] = {"deploy": deploy, "settings": settings}
        for example in EXAMPLES:
            exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102 -- our own documentation

    first = run(program)
    return [first, run(program, previous=first)]


def test_the_container_is_declared_in_about_ten_lines() -> None:
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 11


def test_it_is_pinned_and_answers_on_its_port(deployed: list[FakeEngine]) -> None:
    service = deployed[0][SERVICE, "hello"]
    assert service.plain["name"] == "hello"
    assert service.plain["taskSpec"]["containerSpec"]["image"].startswith("nginx:1.27@sha256:")
    assert service.plain["taskSpec"]["placement"]["constraints"] == ["node.labels.galera-swarm.server==db-1"]
    (port,) = service.plain["endpointSpec"]["ports"]
    assert (port["targetPort"], port["publishedPort"], port["publishMode"]) == (80, 8081, "host")


def test_it_is_waited_for_until_it_runs(deployed: list[FakeEngine]) -> None:
    proof = deployed[0][RUNNING, "hello-running"]
    assert proof.plain["service"] == "hello"
    assert len(proof.plain["managers"]) == 3
    assert proof.plain["triggers"][-1] == 1, "more replicas are waited for, too"
    assert deployed[0][SERVICE, "hello"].urn in deployed[0].before(proof)


def test_the_secret_is_one(deployed: list[FakeEngine]) -> None:
    assert type(deployed[0][SECRET, "hello-secret"].inputs["data"]).__name__ == "Secret"


def test_a_second_run_changes_nothing(deployed: list[FakeEngine]) -> None:
    assert set(deployed[1].operations.values()) == {"same"}
