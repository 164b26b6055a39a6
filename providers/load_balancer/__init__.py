"""The load balancer as the program sees it: each server's seen to lead to the database."""

from providers.load_balancer.errors import LoadBalancerError
from providers.load_balancer.serving import ServingBalancer, ServingBalancerArgs
from providers.load_balancer.serving_provider import ServingBalancerProvider

__all__ = [
    "LoadBalancerError",
    "ServingBalancer",
    "ServingBalancerArgs",
    "ServingBalancerProvider",
]
