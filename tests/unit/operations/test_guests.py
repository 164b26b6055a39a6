"""What `operations.guests` takes from the configuration without asking it."""

from operations.guests.left import DEFAULT_PREFIX
from settings.model.servers import Servers


def test_the_prefix_of_host_names_is_that_of_the_settings() -> None:
    assert Servers().hostname_prefix == DEFAULT_PREFIX
