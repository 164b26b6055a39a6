"""Which backend and which passphrase a stack gets."""

import json
import stat
from pathlib import Path

import pytest

from tools import environment
from tools.checkout import ROOT


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout and a home of their own."""
    monkeypatch.setattr(environment, "STATE", tmp_path / ".pulumi-state")
    monkeypatch.setattr(environment, "PASSPHRASE_FILE", tmp_path / ".secrets" / "passphrase")
    monkeypatch.setattr(environment, "PULUMI_HOME", tmp_path / ".pulumi-home")
    monkeypatch.setattr(environment, "stack_config", lambda stack: tmp_path / f"Pulumi.{stack}.yaml")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_HOME", "PULUMI_CREDENTIALS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(environment.OVERRIDE, raising=False)
    config = "config:\n  galera-swarm:cloud:\n    endpoint: {}\n"
    (tmp_path / "Pulumi.dev.yaml").write_text(config.format("http://127.0.0.1:18080/xmlrpc/v3.1"))
    (tmp_path / "Pulumi.prod.yaml").write_text(config.format("https://api.softlayer.com/xmlrpc/v3.1"))
    return tmp_path


def log_in(home: Path) -> None:
    (home / ".pulumi").mkdir(parents=True)
    (home / ".pulumi" / "credentials.json").write_text(json.dumps({"current": "https://api.pulumi.com"}))


def test_the_dev_stack_stays_in_the_checkout_whatever_the_user_is_logged_in_to(checkout: Path) -> None:
    log_in(checkout / "home")
    found = environment.stack_environment("dev")
    assert found["PULUMI_BACKEND_URL"] == f"file://{checkout}/.pulumi-state?metadata=skip"
    assert Path(found["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text()
    assert (checkout / ".pulumi-state").is_dir()


def test_the_engines_own_log_is_off_until_somebody_makes_its_directory(checkout: Path) -> None:
    log = checkout / ".pulumi-home" / "logs"
    environment.engine_environment()
    environment.engine_environment()
    assert log.is_file()
    log.unlink()
    log.mkdir()
    environment.engine_environment()
    assert log.is_dir()


def test_the_programs_modules_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment.stack_environment("dev")


def test_go_keeps_its_caches_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMODCACHE", "GOCACHE", "GOFLAGS"):
        monkeypatch.delenv(name, raising=False)
    found = environment.stack_environment("dev")
    assert found["GOMODCACHE"] == str(ROOT / ".tools" / "go" / "modules")
    assert found["GOCACHE"] == str(ROOT / ".tools" / "go" / "build")
    assert "GOFLAGS" not in found


@pytest.mark.parametrize("name", ["GOMODCACHE", "GOCACHE", "GOFLAGS"])
def test_what_the_user_tells_go_stays(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "theirs")
    assert environment.stack_environment("dev")[name] == "theirs"


def test_a_real_stack_uses_the_login(checkout: Path) -> None:
    log_in(checkout / "home")
    found = environment.stack_environment("prod")
    assert "PULUMI_BACKEND_URL" not in found
    assert found["PULUMI_CREDENTIALS_PATH"] == str(checkout / "home" / ".pulumi")
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found


def test_a_real_stack_uses_the_backend_of_the_users_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    assert environment.backend_url("prod") == "s3://bucket"


def test_without_any_login_a_real_stack_stays_in_the_checkout(checkout: Path) -> None:
    assert environment.backend_url("prod") == f"file://{checkout}/.pulumi-state?metadata=skip"


@pytest.mark.parametrize(
    ("override", "backend"),
    [("file", "checkout"), ("login", None), ("s3://mine", "s3://mine")],
)
def test_the_override_wins(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, override: str, backend: str | None
) -> None:
    monkeypatch.setenv(environment.OVERRIDE, override)
    expected = f"file://{checkout}/.pulumi-state?metadata=skip" if backend == "checkout" else backend
    assert {environment.backend_url("dev"), environment.backend_url("prod")} == {expected}


def test_a_users_own_passphrase_does_not_reach_the_checkouts_backend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "theirs")
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment.stack_environment("dev")


def test_the_checkouts_programs_come_first() -> None:
    first, second, *_ = environment.stack_environment("dev")["PATH"].split(":")
    assert (first.endswith("/.tools/bin"), second.endswith("/.venv/bin")) == (True, True)


def test_the_passphrase_is_made_once_and_for_its_owner_only() -> None:
    file = environment.passphrase_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text()) >= 32
    assert environment.passphrase_file().read_text() == file.read_text()
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ("    endpoint: http://127.0.0.1:18080/xmlrpc", "127.0.0.1"),
        ('    endpoint: "https://api.softlayer.com/xmlrpc/v3.1"', "api.softlayer.com"),
        ("  galera-swarm:cloud: {username: u, endpoint: 'http://[::1]:1/x'}", "::1"),
        ("# endpoint: http://127.0.0.1/\n", None),
        ("    endpoints: 3", None),
        ("", None),
    ],
)
def test_the_endpoint_is_found_by_its_key(config: str, host: str | None) -> None:
    assert environment.endpoint_host(config) == host


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://127.8.9.1:1/x", True),
        ("http://[::1]:1/x", True),
        ("http://localhost:1/x", True),
        ("http://10.0.0.1/x", False),
        ("https://api.softlayer.com/x", False),
        ("http://localhost.example.com/x", False),
    ],
)
def test_only_a_loopback_endpoint_is_the_stand_in(checkout: Path, endpoint: str, local: bool) -> None:
    file = checkout / "other.yaml"
    file.write_text(f"config:\n  galera-swarm:cloud:\n    endpoint: {endpoint}\n")
    assert environment.is_local("any", file) is local


@pytest.mark.parametrize(("stack", "local"), [("dev", True), ("nothing", False)])
def test_without_a_config_only_dev_is_local(checkout: Path, stack: str, local: bool) -> None:
    (checkout / "Pulumi.dev.yaml").unlink()
    assert environment.is_local(stack) is local
