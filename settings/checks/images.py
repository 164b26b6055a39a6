"""References of the images beside the database's: each can be read, and names one version."""

from collections.abc import Iterator

from settings.checks.check import Check, Context
from settings.checks.database import IMAGE
from settings.problems import Problem, show


def references(context: Context) -> Iterator[Problem]:
    """Of what is on."""
    config = context.config
    for name, section in (
        ("etcd", config.etcd),
        ("consul", config.consul),
        ("loadBalancer", config.load_balancer),
        ("wordpress", config.wordpress),
    ):
        key, match = f"{name}.image", IMAGE.fullmatch(section.image)
        if not section.enabled:
            continue
        if match is None:
            text = f"must be an image reference, such as {type(section).model_fields['image'].default}"
            yield Problem(key=key, value=show(section.image), text=text)
        elif not match["tag"] and not match["digest"]:
            text = "has no tag: containers started at different times may run different versions"
            yield Problem(key=key, value=show(section.image), text=text, severity="warning")


_ENABLED = ("etcd.enabled", "consul.enabled", "loadBalancer.enabled", "wordpress.enabled")

CHECKS = (Check(reads=_ENABLED, find=references),)
