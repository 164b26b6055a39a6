"""The documentation says what the code does: the reference is fresh, links lead somewhere, commands exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cli.parser import build_parser
from settings import reference, schema

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFERENCE_HEAD = "## Reference"

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_MAKE = re.compile(r"\bmake ([a-z][a-z0-9-]+)\b")
_SANDBOX = re.compile(r"python -m sandbox ([^`\n#|]+)")
_CODE = re.compile(r"`([^`\n]+)`")


def code_of(page: Path) -> Iterator[str]:
    """Every piece of code of a page: indented and fenced lines, and what stands between backticks."""
    fenced = False
    for line in page.read_text().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()
        else:
            yield from _CODE.findall(line)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_configuration_reference_is_fresh() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    head, _, made = text.partition(f"{REFERENCE_HEAD}\n")
    assert head, f"docs/configuration.md has no heading {REFERENCE_HEAD!r}"
    fresh = made.partition("-->\n")[2].strip()
    assert fresh == reference.markdown().strip(), "renew it as CONTRIBUTING.md says"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_of_the_repository(page: Path) -> None:
    targets = [target for target in _LINK.findall(page.read_text()) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for code in code_of(page) for target in _MAKE.findall(code)}
    assert named - known == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_sandbox_commands_are_understood(page: Path) -> None:
    parser = build_parser()
    for code in code_of(page):
        for words in _SANDBOX.findall(code):
            if "…" in words or "[" in words:
                continue
            parser.parse_args(shlex.split(words.strip()))


def test_keys_named_in_the_pages_exist() -> None:
    known = {".".join(key.path).replace(".[]", "[]") for key in schema.all_keys()}
    sections = {path.split(".")[0] for path in known}
    key = re.compile(rf"\b(?:{'|'.join(sections)})(?:\.[a-z][A-Za-z]*(?:\[\])?)+$")
    named = {
        code.split(":")[0].replace("[0]", "[]")
        for page in PAGES
        for code in code_of(page)
        if key.match(code.split(":")[0].replace("[0]", "[]"))
    }
    assert named, "the pages name no key at all"
    assert {name for name in named if name not in known} == set()
