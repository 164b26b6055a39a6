"""The whole program: from the stack's config to members seen Synced over SQL, one room for each step."""

from pathlib import Path

import pulumi

from components.offer import show_offer
from components.stack import deploy
from providers.softlayer.preflight import preflight
from settings import Problem, load
from settings.problems import report

settings = load(pulumi.get_stack(), root=Path(__file__).resolve().parent)
cloud = settings.cloud
trouble = preflight(cloud.endpoint, cloud.username, cloud.api_key.get_secret_value())
if trouble is not None:
    key, text = trouble
    shown = cloud.endpoint if key == "cloud.endpoint" else None
    raise pulumi.RunError(report(settings.stack, [Problem(key=key, text=text, value=shown)]))
deploy(settings, onlooker=show_offer)
