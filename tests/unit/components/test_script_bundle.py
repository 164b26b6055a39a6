"""Scripts bundled into one: laid down as they were, and the named one takes over."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.script_bundle import BundleError, bundle

START = '#!/bin/bash\nprintf "%s\\n" "$$" "$@" "${0%/*}" "$PWD"\n'
NAMES = st.from_regex(r"[a-z][a-z_-]{0,8}(\.sh)?", fullmatch=True)
#: What a shell would take for more than text, beside text of any kind without NULs and lone CRs.
TEXTS = st.lists(
    st.sampled_from(["$HOME", "`id`", "\\", "'", '"', "EOF", "### end of", "$(exit 3)", "\n", "é\t"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
    max_size=8,
).map(lambda parts: "".join(parts) + "\n")


def unpack(scripts: dict[str, str], into: Path, *arguments: str) -> list[str]:
    """What the started script says: the arguments that reached it, its own directory, and the current one."""
    program = into.parent / "program.sh"
    program.write_text(bundle(scripts, into=str(into), start="start"))
    with subprocess.Popen(
        ["bash", str(program), *arguments], stdout=subprocess.PIPE, text=True, cwd=into.parent
    ) as process:
        said = (process.communicate()[0]).splitlines()
        assert process.returncode == 0
        assert said.pop(0) == str(process.pid), "the script takes the process over, and with it its signals"
    return said


@given(st.dictionaries(NAMES, TEXTS, max_size=4))
def test_every_script_arrives_as_it_was(scripts: dict[str, str]) -> None:
    scripts["start"] = START
    with TemporaryDirectory() as directory:
        into = Path(directory) / "a place"
        said = unpack(scripts, into, "one", "two words")
        assert said == ["one", "two words", str(into), directory]
        assert {path.name: path.read_bytes() for path in into.iterdir()} == {
            name: text.encode() for name, text in scripts.items()
        }


def test_scripts_are_executable_and_nobodys_to_change(tmp_path: Path) -> None:
    into = tmp_path / "scripts"
    unpack({"start": START, "part.sh": "true\n"}, into)
    assert {path.stat().st_mode & 0o777 for path in into.iterdir()} == {0o555}


def test_a_file_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    """Docker mounts other configs and secrets at the same place."""
    into = tmp_path / "scripts"
    into.mkdir()
    (into / "authority.pem").write_text("its own")
    os.chmod(into / "authority.pem", 0o400)
    unpack({"start": START}, into)
    assert (into / "authority.pem").stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize("text", ["true", "", "true\n### end of start\nfalse\n"])
def test_a_text_that_would_not_arrive_whole_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match="start cannot be bundled"):
        bundle({"start": text}, into="/opt/x", start="start")


def test_the_order_of_the_scripts_makes_no_difference() -> None:
    one = bundle({"a": "1\n", "start": "2\n"}, into="/x", start="start")
    assert one == bundle({"start": "2\n", "a": "1\n"}, into="/x", start="start")
