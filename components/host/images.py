"""Image prefetch: the services' images pulled on every server at once, before a service asks for them."""

from collections.abc import Sequence

from components.host.script import Part, shell


def image_prefetch(images: Sequence[str]) -> Part:
    """Pulls what is not there yet, all at the same time; each pull is tried five times."""
    return Part(
        title="images",
        values={"images": tuple(dict.fromkeys(images))},
        functions=shell("images"),
        call="fetch_images",
    )
