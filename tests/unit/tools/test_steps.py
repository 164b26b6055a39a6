"""Steps of setup: done once, again when what they depend on changed, never half."""

from pathlib import Path

import pytest

from tools import steps
from tools.errors import ToolError
from tools.steps import Step, fingerprint, logged, perform


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STAMPS", "LOGS", "TOOLS"):
        monkeypatch.setattr(steps, name, tmp_path / ("" if name == "TOOLS" else name.lower()))
    return tmp_path


class Making:
    """A step that makes a file and counts."""

    def __init__(self, file: Path) -> None:
        self.file, self.runs, self.content, self.works = file, 0, "one", True

    def step(self) -> Step:
        return Step(
            name="making",
            what="the file",
            usual_seconds=1,
            key=lambda: self.content,
            present=self.file.exists,
            run=self.run,
        )

    def run(self) -> str:
        self.runs += 1
        if self.works:
            self.file.write_text(self.content)
        return "made"


@pytest.fixture
def making(tmp_path: Path) -> Making:
    return Making(tmp_path / "file")


def test_a_step_runs_once(making: Making) -> None:
    assert [perform([making.step()]) for _ in range(3)] == [1, 0, 0]
    assert making.runs == 1


def test_a_changed_key_runs_it_again(making: Making) -> None:
    perform([making.step()])
    making.content = "two"
    assert perform([making.step()]) == 1


def test_a_lost_result_runs_it_again(making: Making) -> None:
    perform([making.step()])
    making.file.unlink()
    assert perform([making.step()]) == 1


def test_a_step_that_makes_nothing_is_an_error_and_not_done(making: Making) -> None:
    making.works = False
    with pytest.raises(ToolError, match="is not there"):
        perform([making.step()])
    assert not making.step().is_done()


def test_progress_names_the_step_and_how(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    perform([making.step()])
    shown = capsys.readouterr().out
    assert "the file … (usually 1.0 s)" in shown
    assert "the file: done in" in shown
    assert "made" in shown


def test_the_output_of_a_command_goes_to_its_log(places: Path) -> None:
    logged("name", "sh", "-c", "echo $WORD; echo err >&2", env={"WORD": "out"})
    text = (places / "logs" / "name.log").read_text()
    assert "$ sh -c" in text
    assert text.endswith("out\nerr\n")


def test_a_failing_command_shows_the_end_of_its_log() -> None:
    with pytest.raises(ToolError, match="status 5") as caught:
        logged("name", "sh", "-c", "echo the reason; exit 5")
    assert "the reason" in str(caught.value)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ToolError, match="no-such-program is not installed"):
        logged("name", "no-such-program")


def test_fingerprints_tell_texts_files_and_borders_apart(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("ab")
    prints = {fingerprint("a", "b"), fingerprint("ab"), fingerprint("", "ab"), fingerprint("b", "a")}
    assert len(prints) == 4
    assert fingerprint(file) == fingerprint("ab")


def test_what_a_later_step_lacks_is_told_before_the_first_one_runs(making: Making) -> None:
    def lacking() -> None:
        message = "no Go"
        raise ToolError(message, "get Go")

    needy = Step(
        name="needy",
        what="needy",
        usual_seconds=1,
        key=lambda: "",
        present=lambda: False,
        run=lambda: "never",
        needs=lacking,
    )
    with pytest.raises(ToolError, match="no Go"):
        perform([making.step(), needy])
    assert making.runs == 0
