"""When a voter may restart: the decision for every quorum."""

from typing import Any

import pytest

from providers.leeway import BLIP_SECONDS, LeewayProvider, Voters

WELL, ILL = True, False
CASES: list[tuple[str, dict[str, bool], tuple[str, ...], list[str]]] = [
    ("all are well", {"a": WELL, "b": WELL, "c": WELL}, (), []),
    ("one of three is away", {"a": WELL, "b": WELL, "c": ILL}, (), ["c"]),
    ("the one that restarts is away", {"a": ILL, "b": WELL, "c": WELL}, (), []),
    ("it is away, and another one too", {"a": ILL, "b": WELL, "c": ILL}, (), []),
    ("there is no quorum to cost", {"a": WELL, "b": ILL, "c": ILL}, (), []),
    ("it has no vote", {"b": WELL, "c": ILL}, (), []),
    ("one of five is away", {"a": WELL, "b": WELL, "c": WELL, "d": WELL, "e": ILL}, (), []),
    ("two of five are away", {"a": WELL, "b": WELL, "c": WELL, "d": ILL, "e": ILL}, (), ["d", "e"]),
    ("one of four is away", {"a": WELL, "b": WELL, "c": WELL, "d": ILL}, (), ["d"]),
    ("a single one", {"a": WELL}, (), []),
    ("two that are well", {"a": WELL, "b": WELL}, (), []),
    ("one was taken from the list", {"a": WELL, "b": WELL}, ("c",), ["c"]),
    ("two are still to come", {"a": WELL, "b": WELL, "c": WELL}, ("d", "e"), []),
]


@pytest.mark.parametrize(
    ("well", "missing", "away"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_restart_must_not_cost_the_quorum(
    well: dict[str, bool], missing: tuple[str, ...], away: list[str]
) -> None:
    assert Voters(well=well, missing=missing).away("a") == away


class FakeLeeway(LeewayProvider):
    """Of a service whose voters are these."""

    INPUTS = ("member", "triggers")
    seen: list[Voters | None]

    def voters(self, props: Any) -> Voters | None:
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]


def looked(*seen: Voters | None) -> FakeLeeway:
    leeway = FakeLeeway()
    leeway.seen = list(seen)
    return leeway


def change(leeway: FakeLeeway) -> dict[str, Any]:
    outs = leeway.update("a", {"member": "a", "triggers": ["1"]}, {"member": "a", "triggers": ["2"]}).outs
    return dict(outs or {})


LACKING = Voters(well={"a": WELL, "b": WELL, "c": ILL})
WHOLE = Voters(well={"a": WELL, "b": WELL, "c": WELL})


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    from providers import patience
    from tests.unit.providers.galera.fake_server import FakeClock

    clock = FakeClock()
    monkeypatch.setattr(patience, "time", clock.module())
    return clock


def test_it_is_refused_with_who_is_away_and_what_to_do(now: Any) -> None:
    with pytest.raises(Exception, match=r"a is not restarted .* with c away .*GALERA_SWARM_RESTART=anyway"):
        change(looked(LACKING))
    assert now.now > BLIP_SECONDS


def test_one_that_comes_back_by_itself_is_waited_for(now: Any) -> None:
    assert change(looked(LACKING, LACKING, WHOLE))["triggers"] == ["2"]
    assert now.now < BLIP_SECONDS


def test_where_nobody_answers_a_repair_goes_on(now: Any) -> None:
    assert change(looked(None))["triggers"] == ["2"]
    assert now.now < 1.0


def test_the_operators_word_goes_on(
    now: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GALERA_SWARM_RESTART", "anyway")
    assert change(looked(LACKING))["triggers"] == ["2"]
    assert "warning: a restarts while c is away" in capsys.readouterr().err


def test_nobody_is_asked_before_the_first_start() -> None:
    leeway = FakeLeeway()
    assert leeway.create({"member": "a", "triggers": ["1"]}).id == "a"


@pytest.mark.parametrize(
    ("news", "changes"),
    [({"triggers": ["1"], "ssh": "other"}, False), ({"triggers": ["2"]}, True)],
)
def test_only_a_restart_is_looked_at(news: dict[str, Any], changes: bool) -> None:
    assert FakeLeeway().diff("a", {"triggers": ["1"], "ssh": "one"}, news).changes is changes
