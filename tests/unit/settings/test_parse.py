"""Parsing a whole configuration: everything wrong at once, nothing told twice, no secret shown."""

from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from settings import Settings, catalogue, parse
from settings.model import StackConfig
from settings.problems import covers, join, report, show
from tests.unit.settings.config import MISSING, problems_of, sound, spoil

unhurried = hypothesis.settings(deadline=None)
"""The machine may be busy: how long an example takes says nothing."""

# Mistakes that have nothing to do with each other: any of them may be made together with any other.
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"cloud.endpoint": "ftp://x"}, "cloud.endpoint"),
    ({"cloud.apiKey": MISSING}, "cloud.apiKey"),
    ({"cloud.timeoutSeconds": "soon"}, "cloud.timeoutSeconds"),
    ({"cloud.sshover": "public"}, "cloud.sshover"),
    ({"servers.domain": "nowhere"}, "servers.domain"),
    ({"servers.memoryMb": 5000}, "servers.memoryMb"),
    ({"servers.disks": [1, 25]}, "servers.disks"),
    ({"servers.datacenter": "dal05"}, "servers.datacenter"),
    ({"servers.tags": ["good", "fine", "x;y"]}, "servers.tags[2]"),
    ({"servers.overrides.db-2.nicSpeed": 7}, "servers.overrides.db-2.nicSpeed"),
    ({"host.labels.dc": "tor01"}, "host.labels.dc"),
    ({"host.dns": ["1.1.1.1", "dns"]}, "host.dns[1]"),
    ({"host.dataDisk": "big"}, "host.dataDisk"),
    ({"swarm.managers": 2}, "swarm.managers"),
    ({"network.subnet": "10.0.5.0/24"}, "network.subnet"),
    ({"network.name": "bridge"}, "network.name"),
    ({"database.mode": "homogeneous"}, "database.mode"),
    ({"database.port": "3306"}, "database.port"),
    ({"database.myCnf": "[mysqld]\nport=1\nwsrep_on=0\n"}, "database.myCnf"),
    ({"database.databases[0].charset": "klingon"}, "database.databases[0].charset"),
    ({"database.users[0].host": ""}, "database.users[0].host"),
    ({"database.users[1].grants[0].on": 5}, "database.users[1].grants[0].on"),
    ({"database.rootPassword": 12345678}, "database.rootPassword"),
    ({"backup": {"members": 3}}, "backup"),
    ({"datbase": {}}, "datbase"),
]


@unhurried
@given(st.sets(st.integers(min_value=0, max_value=len(MISTAKES) - 1)))
def test_every_mistake_is_told_and_nothing_else(chosen: set[int]) -> None:
    changes = {path: value for index in chosen for path, value in MISTAKES[index][0].items()}
    wanted = {MISTAKES[index][1] for index in chosen}
    told = {problem.key for problem in problems_of(spoil(changes)) if problem.severity == "error"}
    assert told == wanted
    assert isinstance(parse(spoil(changes), "dev", SOUND_ROOT), Settings) == (not wanted)


SOUND_ROOT = sound().root


def test_a_faulty_item_leaves_the_places_of_the_others() -> None:
    raw = spoil({"database.users[0]": "bob", "database.users[1].host": "a b"})
    assert {problem.key for problem in problems_of(raw)} == {"database.users[0]", "database.users[1].host"}


def test_nothing_is_concluded_from_a_value_that_is_not_known() -> None:
    # With the default of three servers, five managers would be too many.
    keys = [problem.key for problem in problems_of(spoil({"servers.count": "nine", "swarm.managers": 5}))]
    assert keys == ["servers.count"]
    keys = [problem.key for problem in problems_of(spoil({"servers.coutn": 9, "swarm.managers": 5}))]
    assert keys == ["servers.coutn"]


@pytest.mark.parametrize(
    "section", ["cloud", "servers", "host", "swarm", "network", "database"], ids=lambda section: section
)
@pytest.mark.parametrize("value", ["geheim", ["geheim"], 7, True], ids=["text", "list", "number", "truth"])
def test_a_section_that_is_no_mapping_is_told_without_its_content(section: str, value: Any) -> None:
    found = problems_of(spoil({section: value}))
    assert section in {problem.key for problem in found}
    assert "geheim" not in report("dev", found)


SECRETS = ["cloud.apiKey", "database.rootPassword", "database.users[0].password"]


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize(
    "value", [["geheim"], {"a": "geheim"}, "geheim\n\x00", 4711], ids=["list", "map", "text", "number"]
)
def test_a_secret_is_never_shown(key: str, value: Any) -> None:
    found = problems_of(spoil({key: value}))
    text = report("dev", found)
    assert any(covers(key, problem.key) for problem in found)
    assert "geheim" not in text
    assert "4711" not in text


def test_a_secret_is_not_shown_by_the_settings_themselves() -> None:
    settings = sound(spoil({"database.rootPassword": "geheim"}))
    assert settings.database.root_password == SecretStr("geheim")
    assert "geheim" not in repr(settings)
    assert "k3y" not in repr(settings)


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_clear_is_refused_with_the_command_that_encrypts_it(key: str) -> None:
    raw = spoil({key: "geheim"})
    others = [secret for secret in SECRETS if secret != key]
    (problem,) = problems_of(raw, secret_keys={*others, "cloud.username"})
    assert problem.key == key
    assert f"pulumi config set --stack dev --secret --path 'galera-swarm:{key}'" in problem.text
    assert problems_of(raw, secret_keys={"cloud", "database"}) == []


def test_a_stand_in_cloud_on_this_machine_may_have_its_secrets_in_clear() -> None:
    raw = spoil({"cloud.endpoint": "http://127.0.0.1:18080/xmlrpc/v3.1", "database.rootPassword": "geheim"})
    assert problems_of(raw, secret_keys=set()) == []


def test_credentials_come_from_the_environment_when_the_stack_has_none() -> None:
    raw = spoil({"cloud.username": MISSING, "cloud.apiKey": MISSING})
    settings = sound(raw, environ={"SL_USERNAME": "env-user", "SL_API_KEY": "env-key"}, secret_keys=set())
    assert settings.cloud.username == "env-user"
    assert settings.cloud.api_key.get_secret_value() == "env-key"
    assert sound(environ={"SL_USERNAME": "env-user"}).cloud.username == "operator"


@pytest.mark.parametrize("section", [MISSING, None, {}])
def test_an_empty_configuration_names_all_that_is_required(section: Any) -> None:
    keys = [
        problem.key
        for problem in problems_of(spoil({"cloud": section, "servers": section, "database": section}))
    ]
    assert keys == [
        "cloud.endpoint",
        "cloud.username",
        "cloud.apiKey",
        "servers.domain",
        "servers.datacenter",
    ]


@pytest.mark.parametrize(
    "key",
    [
        "cloud.apiKey",
        "cloud.username",
        "database.rootPassword",
        "servers.count",
        "servers.disks[0]",
        "database.myCnf",
        "cloud",
    ],
)
def test_a_value_that_is_still_encrypted_counts_as_given(key: str) -> None:
    raw = spoil({"servers.disks": [25, 25]})
    assert problems_of(spoil({key: {"secure": "v1:abc"}}, raw), secret_keys={"cloud"}) == []


def test_the_raw_configuration_is_left_as_it_was() -> None:
    raw = spoil({"cloud.username": MISSING, "servers.count": "x", "backup": {}})
    before = spoil({}, raw)
    problems_of(raw, environ={"SL_USERNAME": "u"})
    assert raw == before


def test_problems_come_in_the_order_of_the_reference() -> None:
    found = problems_of(
        spoil({"zzz": 1, "backup": {}, "database.port": 1, "servers.count": 0, "cloud.timeoutSeconds": 1})
    )
    assert [problem.key.split(".")[0] for problem in found] == [
        "cloud",
        "servers",
        "database",
        "backup",
        "zzz",
    ]


def test_the_report_counts_and_names_the_stack() -> None:
    text = report("prod", problems_of(spoil({"servers.count": 0, "database.port": 1})))
    assert text.splitlines()[0] == "The configuration of stack prod has 2 problems; nothing has been touched."
    assert "  - galera-swarm:servers.count = 0: must be a whole number from 1 to 100" in text.splitlines()
    assert report("prod", problems_of(spoil({"servers.count": 0}))).startswith(
        "The configuration of stack prod has 1 problem;"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_SECTIONS = ["cloud", "servers", "host", "swarm", "network", "database", "etcd"]
_NAMES = [
    "count",
    "users",
    "databases",
    "disks",
    "overrides",
    "labels",
    "apiKey",
    "subnet",
    "myCnf",
    "dataDisk",
    "name",
]


@unhurried
@given(
    st.dictionaries(
        st.sampled_from(_SECTIONS) | st.text(max_size=6),
        json_values | st.dictionaries(st.sampled_from(_NAMES), json_values, max_size=4),
        max_size=5,
    )
)
def test_no_configuration_breaks_the_parser(raw: dict[str, Any]) -> None:
    outcome = parse(raw, "dev", SOUND_ROOT, secret_keys=set())
    if isinstance(outcome, list):
        assert any(problem.severity == "error" for problem in outcome)


@st.composite
def sound_configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Configurations that are right by construction."""
    count = draw(st.integers(min_value=1, max_value=12))
    memory = draw(st.sampled_from([size for size in catalogue.MEMORY_MB if size >= 2048]))
    raw = spoil(
        {
            "servers.count": count,
            "servers.memoryMb": memory,
            "servers.cpus": draw(st.sampled_from(catalogue.CORES)),
            "servers.hostnamePrefix": draw(st.from_regex(r"[a-z]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)),
            "servers.disks": [
                draw(st.sampled_from([25, 100])),
                draw(st.sampled_from(catalogue.FURTHER_DISKS_GB)),
            ],
            "servers.tags": draw(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=3)),
            "servers.protect": draw(st.booleans()),
            "host.labels": draw(
                st.dictionaries(st.from_regex(r"[a-z]{3,8}", fullmatch=True), st.just("x"), max_size=2)
            ),
            "swarm.managers": draw(st.sampled_from([odd for odd in (1, 3, 5, 7) if odd <= count])),
            "database.members": draw(st.integers(min_value=1, max_value=count)),
            "database.bufferPoolMb": draw(st.integers(min_value=16, max_value=memory - 512)),
            "database.rootPassword": draw(st.from_regex(r"[!-~]{1,40}", fullmatch=True)),
        }
    )
    for key in draw(st.sets(st.sampled_from(["swarm", "host"]))):
        raw.pop(key, None)
    return raw


def _written(config: StackConfig) -> dict[str, Any]:
    """The configuration as a user would write it, with its secrets."""
    raw: dict[str, Any] = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    raw["cloud"]["apiKey"] = config.cloud.api_key.get_secret_value()
    if config.database.root_password:
        raw["database"]["rootPassword"] = config.database.root_password.get_secret_value()
    return raw


@unhurried
@given(sound_configurations())
def test_sound_settings_written_out_and_read_again_are_the_same(raw: dict[str, Any]) -> None:
    settings = sound(raw)
    again = sound(_written(settings.config))
    assert again == settings
    assert len(settings.servers) == raw["servers"]["count"]
    assert len(settings.members) == raw["database"]["members"]
    assert len(settings.managers) % 2 == 1
    assert (*settings.managers, *settings.workers) == settings.servers


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("database", "users", 0, "host"), "database.users[0].host"),
        (("servers", "overrides", "db-2", "cpus"), "servers.overrides.db-2.cpus"),
        (("host", "labels", "a.b/c"), 'host.labels["a.b/c"]'),
        (("", "x"), '[""].x'),
    ],
)
def test_a_key_is_written_as_pulumi_takes_it(path: tuple[str | int, ...], key: str) -> None:
    assert join(path) == key


def test_long_and_deep_values_are_shown_short() -> None:
    assert len(show("x" * 500)) == 80
    assert show({"a": 1}) == "(a mapping)"
    assert show([{"a": 1}]) == "(a list)"
    assert show([25, 25]) == "[25, 25]"
