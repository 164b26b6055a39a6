"""The command line of the bench."""

import pytest

from bench.__main__ import NAMES, main


@pytest.mark.parametrize("words", [["--repeat", "0"], ["--repeat", "x"], ["--only", "nothing"], ["extra"]])
def test_a_wrong_word_is_refused_before_anything_is_measured(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert words[-1] in capsys.readouterr().err


def test_help_names_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in NAMES)
