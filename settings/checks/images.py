"""References of images: each can be read, and names one version."""

import re
from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.problems import Problem, show

IMAGE = re.compile(
    r"(?P<repository>(?:[A-Za-z0-9.\-]+(?::\d+)?/)?[a-z0-9]+(?:[._\-/]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.\-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?"
)


def reference(key: str, given: str, example: str) -> Iterator[Problem]:
    """What is wrong with one reference."""
    match = IMAGE.fullmatch(given)
    if match is None:
        yield Problem(key=key, value=show(given), text=f"must be an image reference, such as {example}")
    elif not match["tag"] and not match["digest"]:
        yield untagged(key, given, "containers")


def untagged(key: str, given: str, who: str) -> Problem:
    """A word about a reference that may mean another image tomorrow."""
    text = f"has no tag: {who} started at different times may run different versions"
    return Problem(key=key, value=show(given), text=text, severity="warning")


def references(context: Context) -> Iterator[Problem]:
    """Of the systems that are on; database and Aerospike look at theirs more closely."""
    config = context.config
    for name, section in (
        ("etcd", config.etcd),
        ("consul", config.consul),
        ("loadBalancer", config.load_balancer),
        ("wordpress", config.wordpress),
    ):
        if section.enabled:
            example = type(section).model_fields["image"].default
            yield from reference(f"{name}.image", section.image, example)


_ENABLED = ("etcd.enabled", "consul.enabled", "loadBalancer.enabled", "wordpress.enabled")

CHECKS = (Check(reads=_ENABLED, find=references),)
