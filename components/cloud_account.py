"""Whether the cloud of the settings answers and takes their credentials, told with their other problems."""

from collections.abc import Iterator

from providers.softlayer.preflight import preflight
from settings import Problem
from settings.checks import Check, Context
from settings.problems import show


def answers(context: Context) -> Iterator[Problem]:
    """Asks the cloud once. Trouble that may pass is no problem of the settings."""
    cloud = context.config.cloud
    trouble = preflight(cloud.endpoint, cloud.username, cloud.api_key.get_secret_value())
    if trouble is not None:
        key, text = trouble
        shown = show(cloud.endpoint) if key == "cloud.endpoint" else None
        yield Problem(key=key, text=text, value=shown)


CLOUD_ACCOUNT = Check(reads=("cloud.endpoint", "cloud.username", "cloud.apiKey"), find=answers)
