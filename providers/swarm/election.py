"""Commands to a manager that are given again while the managers have no leader, for a moment after a loss."""

from providers.patience import Patience
from providers.ssh import CommandFailedError, Session

#: Seconds for the managers to elect a leader, and to hear that it leads.
ELECTION_SECONDS = 30.0
#: Docker's words without a leader, and while a manager still asks the one that is gone.
_LEADERLESS = ("does not have a leader", "code = Unavailable", "code = DeadlineExceeded")


def must_when_led(manager: Session, command: str, *, doing: str, timeout_seconds: float = 60.0) -> str:
    """As `Session.must`, over an election; for commands that may be given twice.

    Raises CommandFailedError, with Docker's words where no leader was elected.
    """
    patience = Patience(ELECTION_SECONDS)
    for _ in patience.pauses():
        try:
            return manager.must(command, doing=doing, timeout_seconds=timeout_seconds)
        except CommandFailedError as exc:
            failure = exc
        if not any(words in str(failure) for words in _LEADERLESS):
            raise failure
        if patience.is_time_to_report():
            patience.report(manager.name, f"{doing} waits for the managers to elect a leader")
    raise failure
