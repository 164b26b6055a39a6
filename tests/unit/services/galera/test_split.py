"""Two components of one history that are Primary side by side: who notices, and who gives way."""

import pytest

from tests.unit.services.galera.cases import primary
from tests.unit.services.galera.shell import Shell
from tests.unit.services.galera.tables import UUID_B, Answer

ALONE, TWO = ("g1",), ("g2", "g3")
PROMOTED = primary("g1", view=ALONE, lineage="7/aa,15/bb")
LEFT = primary("g2", view=TWO, lineage="7/aa")
LEFT_TOO = primary("g3", view=TWO, lineage="7/aa")


def judged(shell: Shell, me: str, *answers: Answer) -> str:
    """The word of member ME on what these say."""
    table = "\n".join([f"self {me}", "absent ", *(answer.line() for answer in answers)])
    return shell.run("judge_split", stdin=table + "\n")


def test_who_was_left_behind_by_a_promotion_gives_way(shell: Shell) -> None:
    said = judged(shell, "g2", PROMOTED, LEFT, LEFT_TOO)
    assert said == "behind g1 went on as Primary without this component from seqno 15"
    assert judged(shell, "g3", PROMOTED, LEFT_TOO).startswith("behind ")


def test_who_was_promoted_stays(shell: Shell) -> None:
    said = judged(shell, "g1", PROMOTED, LEFT, LEFT_TOO)
    assert said.startswith("ahead g2,g3 still Primary too")
    assert "seqno 15" in said


@pytest.mark.parametrize(
    ("mine", "theirs"), [("7/aa,15/bb", "7/aa,14/cc"), ("7/aa", "7/aa"), ("-", "-"), ("15/bb", "7/aa")]
)
def test_where_nobody_knows_who_was_promoted_nobody_gives_way(shell: Shell, mine: str, theirs: str) -> None:
    said = judged(shell, "g2", PROMOTED.but(lineage=theirs), LEFT.but(lineage=mine))
    assert said.startswith("torn g1 ")


@pytest.mark.parametrize(
    "other",
    [
        PROMOTED.but(view=("g1", "g2", "g3")),  # has not noticed yet that we have left, or come
        PROMOTED.but(view=("g1", "g3")),
        PROMOTED.but(view=("g4",)),  # its note is of another time
        PROMOTED.but(view=()),
        PROMOTED.but(uuid=UUID_B, view_uuid=UUID_B),
        PROMOTED.but(view_uuid=UUID_B),
        PROMOTED.but(phase="nonprimary"),
        PROMOTED.but(phase="joining"),
    ],
)
def test_no_other_component_of_this_history_is_primary(shell: Shell, other: Answer) -> None:
    assert judged(shell, "g2", other, LEFT, LEFT_TOO) == ""


def test_who_has_not_learnt_of_its_own_promotion_goes_by_its_mates(shell: Shell) -> None:
    ours = ("g1", "g2")
    mate = PROMOTED.but(view=ours, lineage="7/aa,9/cc,15/bb")
    unlearnt = primary("g2", view=ours, lineage="7/aa")
    left = [primary(name, view=("g3", "g4", "g5"), lineage="7/aa,9/cc") for name in ("g3", "g4", "g5")]
    assert judged(shell, "g2", mate, unlearnt, *left).startswith("ahead g3,g4,g5 ")
    assert judged(shell, "g2", mate.but(phase="stopping"), unlearnt, *left).startswith("behind ")


def test_one_that_was_promoted_twice_outlives_the_rest(shell: Shell) -> None:
    """Three components, each promoted without those before it, and seven members."""
    first = [primary(name, view=("g4", "g5", "g6", "g7")) for name in ("g4", "g5", "g6", "g7")]
    second = [primary(name, view=("g2", "g3"), lineage="15/bb") for name in ("g2", "g3")]
    third = primary("g1", view=("g1",), lineage="15/bb,18/cc")
    everybody = [third, *second, *first]
    words = [judged(shell, f"g{n}", *everybody).split()[0] for n in range(1, 8)]
    assert words == ["ahead", *["behind"] * 6]


@pytest.mark.parametrize("mine", [LEFT.but(view=()), LEFT.but(view=("g3",)), LEFT.but(phase="joining")])
def test_who_is_not_sure_of_its_own_view_judges_nobody(shell: Shell, mine: Answer) -> None:
    assert judged(shell, "g2", PROMOTED, mine) == ""


#: Looks one after another; what each of them comes to is told.
LOOKS = """
split="" split_told=""
leave_to_vote() {{ echo left; exit; }}
others() {{ echo 'g3 10.0.0.3'; }}
peer_addresses() {{ printf '%s\\n' {peers}; }}
ask_all() {{ echo asked >&3; ((ask_limit <= 4)) || echo "waits $ask_limit s" >&2; }}
judge_split() {{ cat >/dev/null; sed -n "${{look}}p" <<<'{words}'; }}
look=0
exec 3>"$run_dir/asked_count"
for phase in {phases}; do
    ((++look))
    consider_split "$phase"
done
"""
BEHIND, TORN = "behind g1 went on", "torn g1 Primary too"


def looks(shell: Shell, *words: str, peers: str = "10.0.0.1 10.0.0.3", phases: str = "") -> list[str]:
    script = LOOKS.format(
        words="\n".join(words), peers=peers, phases=phases or " ".join(["primary"] * len(words))
    )
    return shell.run(script).splitlines()


def test_twice_the_same_before_a_server_is_stopped(shell: Shell) -> None:
    left = ["galera-swarm: split brain: g1 went on", "galera-swarm: stops its server to settle", "left"]
    assert looks(shell, BEHIND, BEHIND) == left
    assert looks(shell, BEHIND) == []
    assert looks(shell, BEHIND, "", BEHIND) == []
    assert looks(shell, BEHIND, TORN, BEHIND) == []
    assert looks(shell, BEHIND, BEHIND, phases="primary nonprimary") == []


def test_one_that_nobody_can_judge_says_so_and_stays(shell: Shell) -> None:
    said = "galera-swarm: split brain: g1 Primary too"
    assert looks(shell, TORN, TORN, TORN) == [said]
    assert looks(shell, TORN, TORN, "", TORN, TORN) == [said, said], "another one, later"


def test_nobody_is_asked_while_all_peers_are_in_the_view(shell: Shell) -> None:
    assert looks(shell, BEHIND, BEHIND, peers="10.0.0.3") == []
    assert (shell.run_dir / "asked_count").read_text() == ""
    assert looks(shell, BEHIND, "") == []
    assert (shell.run_dir / "asked_count").read_text() == "asked\nasked\n"
