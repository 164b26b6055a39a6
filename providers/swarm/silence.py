"""Silence is not death: how long servers may stay mute that are to be left, and who says they are gone."""

import os
import sys
from collections.abc import Callable

from providers.patience import Patience
from providers.swarm.errors import SwarmError

#: Seconds for somebody to answer while nobody does.
SILENCE_SECONDS = 60.0
#: Set in the environment, it says that servers that do not answer are gone for good: by the operator's word,
#: or because the whole stack is taken away (tools/environment.py has the same words).
SILENT_VARIABLE, SILENT_ARE_GONE = "GALERA_SWARM_SILENT", "gone"


def silent_are_gone() -> bool:
    """Whether somebody has said that servers that do not answer are gone for good."""
    return os.environ.get(SILENT_VARIABLE) == SILENT_ARE_GONE


def await_answer(who: str, undone: str, ask: Callable[[], str | None]) -> None:
    """Ask until there is an answer; once only where servers that are silent are said to be gone.

    ask: does what is to be done, and tells why nobody answers. undone: what is not done then, and who is
    silent. Raises SwarmError after SILENCE_SECONDS: what runs there may be alive behind a broken way.
    """
    are_gone = silent_are_gone()
    patience, silence = Patience(0.0 if are_gone else SILENCE_SECONDS), None
    for _ in patience.pauses():
        silence = ask()
        if silence is None:
            return
        if are_gone:
            print(f"warning: {who} {undone}: {silence}", file=sys.stderr)
            return
        if patience.is_time_to_report():
            patience.report(who, f"leaving, waits for an answer: {silence}")
    said = (
        f"{who} {undone} ({silence}); make that reachable and run this again, or, if it is all gone for good,"
        f" run it with {SILENT_VARIABLE}={SILENT_ARE_GONE} in the environment"
    )
    raise SwarmError(said)
