"""A swarm manager for tests of what is made of one answer."""

from providers.ssh import Completed, Session


class FakeManager(Session):
    """Gives one answer."""

    def __init__(self, stdout: str, exit_status: int = 0, stderr: str = "") -> None:
        self.name = "10.140.0.1"
        self._answer = Completed(exit_status=exit_status, stdout=stdout, stderr=stderr)

    def run(
        self, command: str, *, stdin: str | None = None, timeout_seconds: float, close_stdin: bool = True
    ) -> Completed:
        return self._answer
