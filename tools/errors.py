"""The one error of the tools: what is wrong in a sentence, and the command that puts it right."""


class ToolError(Exception):
    """Setup or an engine run cannot go on. `remedy` is one command line that helps, where there is one."""

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        super().__init__(problem if remedy is None else f"{problem}\n  put it right with:  {remedy}")
        self.problem = problem
        self.remedy = remedy
