"""What the scripts do to files and commands: names, engine settings, images, kernel."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host.daemon_json import daemon_settings
from components.host.features import REMEDIES
from components.host.plan import EnginePlan, Feature
from tests.unit.components.host.bash import RECORD, calls, run_functions


@pytest.mark.parametrize(
    ("before", "mode", "changed"),
    [(None, 0o644, "yes"), ("old\n", 0o644, "yes"), ("new\n", 0o644, "no"), ("new\n", 0o600, "no")],
)
def test_a_file_is_written_once_and_with_its_mode(
    before: str | None, mode: int, changed: str, tmp_path: Path
) -> None:
    path = tmp_path / "etc" / "thing"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    call = f'put_file "{path}" {mode:04o} new; echo "$file_changed"'
    done = run_functions(tmp_path, files=[], call=call)
    assert done.stdout == f"{changed}\n"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", mode)
    assert [item.name for item in path.parent.iterdir()] == ["thing"]


def test_a_failure_is_one_sentence_and_ends_the_script(tmp_path: Path) -> None:
    done = run_functions(tmp_path, files=[], call='fail "this is wrong; do that"; echo never')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "galera-swarm: galera-1: this is wrong; do that\n"


def test_work_goes_on_when_nobody_listens_any_more(tmp_path: Path) -> None:
    call = 'exec 2> >(exit 0); command sleep 0.1; say one; say two; touch "$room/worked"'
    run_functions(tmp_path, files=[], call=call)
    assert (tmp_path / "worked").exists()


def test_two_scripts_on_one_host_wait_for_each_other(tmp_path: Path) -> None:
    overrides = "id() { echo 0; }"
    call = (
        '(exec 9>>"$state_dir/host.lock"; flock 9; touch "$room/held"; command sleep 0.3; echo first) & '
        'until [ -e "$room/held" ]; do command sleep 0.01; done; begin; echo second; wait'
    )
    done = run_functions(tmp_path, files=[], overrides=overrides, call=call)
    assert done.stdout.split() == ["first", "second"]
    assert "an earlier preparation of galera-1 is still running" in done.stderr


LINES = st.lists(
    st.from_regex(r"\A(10\.\d{1,3}\.\d{1,3}\.\d{1,3} [a-z]{1,9}|# [a-z ]{0,12}|127\.0\.0\.1 localhost)\Z"),
    max_size=6,
)


@settings(max_examples=8, deadline=None)
@given(others=LINES, first=LINES, second=LINES)
def test_only_our_block_of_the_hosts_file_changes(
    others: list[str], first: list[str], second: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    room = tmp_path_factory.mktemp("hosts")
    path = room / "hosts"
    path.write_text("".join(f"{line}\n" for line in others))
    for lines in (first, second, second):
        done = run_functions(
            room,
            files=["hosts_block", "neighbours"],
            values={"hosts_file": str(path), "neighbour_lines": lines},
            call="set_neighbours",
        )
        assert done.returncode == 0, done.stderr
    text = path.read_text().splitlines()
    assert text[: len(second) + 2] == [
        "# begin galera-swarm stack",
        *second,
        "# end galera-swarm stack",
    ]
    assert [line for line in text[len(second) + 2 :] if line] == others


@pytest.mark.parametrize("driver", ["btrfs", "overlay2", ""])
def test_the_first_settings_get_their_storage_driver_on_the_host(driver: str, tmp_path: Path) -> None:
    filesystem = {"btrfs": "btrfs", "overlay2": "xfs", "": "none"}[driver]
    wanted = daemon_settings(
        EnginePlan(dns=("10.0.0.1",)),
        filesystem=filesystem,  # type: ignore[arg-type]
        datacenter="dal13",
        instance_type="public_cloud",
    )
    done = run_functions(
        tmp_path,
        files=["engine_start"],
        values={"wanted_driver": driver, "text": wanted.without_driver},
        call='first_settings "$text"',
    )
    assert done.stdout == wanted.text


OLD, NEW = '{"dns":["10.0.0.1"]}', '{"dns":["10.0.0.2"]}'
ENGINE = """
running={running}
engine_runs() {{ [ "$running" = yes ]; }}
engine_pid() {{ echo 4242; }}
kill() {{ echo "kill $*" >>"$room/calls"; }}
stop_engine() {{ echo stop >>"$room/calls"; running=no; }}
start_engine() {{
  echo start >>"$room/calls"
  if grep -q bad "$daemon_json"; then running=no; else running=yes; fi
}}
wait_for_engine() {{ engine_runs; }}
engine_words() {{ :; }}
"""


def change(
    room: Path, *, written: str, key: str, wanted: str, wanted_key: str, running: str = "yes"
) -> tuple[int, list[str], str, str]:
    """(status, what was done to the engine, daemon.json, stderr)."""
    (room / "daemon.json").write_text(written + "\n")
    (room / "state").mkdir()
    (room / "state/engine.restart-key").write_text(key + "\n")
    (room / "state/daemon.json.working").write_text(written + "\n")
    (room / "state/prepared").write_text("id\n")
    done = run_functions(
        room,
        files=["engine_control", "engine_settings"],
        values={"daemon_json": str(room / "daemon.json"), "settings": wanted, "restart_key": wanted_key},
        overrides=ENGINE.format(running=running),
        fakes={"dockerd": "exit 0"},
        call='change_settings; cat "$state_dir/engine.restart-key"',
    )
    return done.returncode, calls(room), (room / "daemon.json").read_text().strip(), done.stderr


@pytest.mark.parametrize(
    ("written", "key", "running", "done"),
    [
        pytest.param(NEW, "k2", "yes", [], id="nothing changed"),
        pytest.param(OLD, "k2", "yes", ["kill -HUP 4242"], id="only what is reloaded"),
        pytest.param(OLD, "k1", "yes", ["stop", "start"], id="what needs a restart"),
        pytest.param(NEW, "k1", "yes", ["stop", "start"], id="a run killed between file and restart"),
        pytest.param(NEW, "k2", "no", ["start"], id="an engine that is down"),
    ],
)
def test_settings_touch_the_engine_no_more_than_they_must(
    written: str, key: str, running: str, done: list[str], tmp_path: Path
) -> None:
    status, engine, text, _ = change(
        tmp_path, written=written, key=key, wanted=NEW, wanted_key="k2", running=running
    )
    assert (status, engine, text) == (0, done, NEW)
    assert (tmp_path / "state/engine.restart-key").read_text() == "k2\n"


def test_settings_the_engine_cannot_start_with_are_taken_back(tmp_path: Path) -> None:
    status, engine, text, stderr = change(
        tmp_path, written=OLD, key="k1", wanted='{"bad":1}', wanted_key="k3"
    )
    assert (status, engine, text) == (1, ["stop", "start", "start"], OLD)
    assert "was put back to the old ones" in stderr
    assert (tmp_path / "state/engine.restart-key").read_text() == "k1\n"


def fetch(room: Path, docker: str, images: tuple[str, ...]) -> tuple[int, list[str], str]:
    """(status, pulls, stderr)."""
    done = run_functions(
        room,
        files=["images"],
        values={"images": images},
        fakes={"docker": f'[ "$1" = image ] && exec false\n{RECORD}\n{docker}'},
        call="fetch_images",
    )
    return done.returncode, sorted(calls(room)), done.stderr


def test_every_image_is_pulled_once(tmp_path: Path) -> None:
    status, pulls, _ = fetch(tmp_path, "exit 0", ("mariadb:10.11", "haproxy:2.8"))
    assert (status, pulls) == (0, ["docker pull -q haproxy:2.8", "docker pull -q mariadb:10.11"])


def test_an_image_that_cannot_be_pulled_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    status, pulls, stderr = fetch(
        tmp_path, 'case "$*" in *nosuch*) exit 1 ;; esac', ("nosuch:1", "mariadb:10.11")
    )
    assert (status, pulls.count("docker pull -q nosuch:1"), len(pulls)) == (1, 5, 6)
    assert "galera-1: cannot pull nosuch:1 after five attempts" in stderr


def test_present_images_are_not_pulled(tmp_path: Path) -> None:
    done = run_functions(
        tmp_path,
        files=["images"],
        values={"images": ("mariadb:10.11",)},
        fakes={"docker": f'[ "$1" = image ] || {{ {RECORD}; exit 1; }}'},
        call="fetch_images",
    )
    assert (done.returncode, calls(tmp_path)) == (0, [])


@pytest.mark.parametrize("lacking", list(Feature))
def test_a_kernel_that_lacks_something_is_told_with_the_way_out(lacking: Feature, tmp_path: Path) -> None:
    features = list(Feature)
    done = run_functions(
        tmp_path,
        files=["kernel"],
        values={"features": features, "feature_remedies": [REMEDIES[feature] for feature in features]},
        overrides=f'has_feature() {{ [ "$1" != {lacking.value} ]; }}',
        call="check_kernel",
    )
    assert done.returncode == 1
    assert f"has no {lacking.value}; {REMEDIES[lacking]}\n" in done.stderr
