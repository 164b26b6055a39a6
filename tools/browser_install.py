"""A headless browser and its driver, for the end-to-end tests of what is looked at in one."""

from tools.packages import missing, provide
from tools.steps import Step

PROGRAMS = ("chromium", "chromedriver")


def step() -> Step:
    """Have Chromium and the program that drives it."""
    return Step(
        name="browser",
        what="Chromium for the tests",
        usual_seconds=40,
        key=lambda: " ".join(PROGRAMS),
        present=lambda: not missing(PROGRAMS),
        run=lambda: provide("browser", PROGRAMS),
    )
