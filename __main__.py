"""The whole program: from the stack's config to members seen Synced over SQL, one room for each step."""

from pathlib import Path

import pulumi

from components.cloud_account import CLOUD_ACCOUNT
from components.offer import show_offer
from components.stack import deploy
from settings import load

settings = load(pulumi.get_stack(), root=Path(__file__).resolve().parent, further=(CLOUD_ACCOUNT,))
deploy(settings, onlooker=show_offer)
