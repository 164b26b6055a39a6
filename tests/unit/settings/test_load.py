"""Reading the configuration as the engine hands it to a program."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from settings import load
from tests.unit.settings.config import MISSING, SOUND, spoil


@pytest.fixture(autouse=True)
def _no_config_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("SL_USERNAME", "SL_API_KEY", "PULUMI_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    yield
    set_all_config({}, [])


def hand_over(raw: Mapping[str, Any], *, secret: tuple[str, ...] = ("cloud",)) -> None:
    """Sets the configuration the way the engine does: each section as JSON text, and the names of those that
    hold something encrypted."""
    values = {f"galera-swarm:{name}": json.dumps(value) for name, value in raw.items()}
    values["docker:host"] = "ssh://somewhere"
    set_all_config(values, [f"galera-swarm:{name}" for name in secret])


def test_the_settings_are_what_the_stack_says(tmp_path: Path) -> None:
    hand_over(SOUND)
    settings = load("dev", root=tmp_path)
    assert settings.stack == "dev"
    assert settings.cloud.api_key.get_secret_value() == SOUND["cloud"]["apiKey"]
    assert [server.name for server in settings.servers] == ["db-1", "db-2", "db-3"]
    assert settings.database.users[0].grants[0].on == "shop.*"


def test_all_problems_are_one_error_without_a_traceback(tmp_path: Path) -> None:
    hand_over(spoil({"servers.count": 0, "database.port": 1, "sevrers": {}, "cloud.apiKey": MISSING}))
    with pytest.raises(pulumi.RunError) as caught:
        load("dev", root=tmp_path)
    message = str(caught.value)
    assert message.startswith("The configuration of stack dev has 4 problems; nothing has been touched.")
    for key in ("servers.count = 0", "database.port = 1", "sevrers", "cloud.apiKey"):
        assert f"  - galera-swarm:{key}: " in message


def test_a_section_that_is_no_json_is_told_without_its_text(tmp_path: Path) -> None:
    hand_over(SOUND)
    set_all_config({"galera-swarm:cloud": "{geheim"}, [])
    with pytest.raises(pulumi.RunError, match=r"galera-swarm:cloud: must be a mapping, not text") as caught:
        load("dev", root=tmp_path)
    assert "geheim" not in str(caught.value)


def test_no_configuration_at_all_names_what_is_required(tmp_path: Path) -> None:
    set_all_config({}, [])
    with pytest.raises(pulumi.RunError, match=r"cloud\.endpoint: is required"):
        load("dev", root=tmp_path)


def test_a_key_in_clear_is_refused(tmp_path: Path) -> None:
    hand_over(SOUND, secret=())
    with pytest.raises(pulumi.RunError, match=r"cloud\.apiKey: stands in clear"):
        load("dev", root=tmp_path)


def test_a_key_in_clear_beside_something_encrypted_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  galera-swarm:cloud:\n    username:\n      secure: v1:x\n    apiKey: in-clear\n"
    )
    hand_over(SOUND, secret=("cloud",))
    with pytest.raises(pulumi.RunError, match=r"cloud\.apiKey: stands in clear"):
        load("dev", root=tmp_path)


def test_a_key_from_the_environment_is_not_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SL_API_KEY", "from-the-environment")
    hand_over(spoil({"cloud.apiKey": MISSING}), secret=())
    assert load("dev", root=tmp_path).cloud.api_key.get_secret_value() == "from-the-environment"


def test_warnings_are_logged_and_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", logged.append)
    hand_over(spoil({"servers.count": 2}))
    assert len(load("dev", root=tmp_path).servers) == 2
    assert len(logged) == 1
    assert logged[0].startswith("galera-swarm:servers.count = 2: ")


def test_reading_the_settings_loads_no_client_of_a_cloud() -> None:
    """What `settings` imports is paid for by every preview (the budget is 0.4 s)."""
    program = "import sys, settings; print(*sys.modules)"
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert {"pydantic", "pulumi"} <= loaded
    assert loaded.isdisjoint(
        {"SoftLayer", "paramiko", "pymysql", "pulumi_docker", "providers", "components", "rich"}
    )
