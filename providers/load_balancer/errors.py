"""What can go wrong with the load balancer. Each message names the server, the cause and the remedy."""


class LoadBalancerError(Exception):
    """The load balancer of a server does not lead to the database."""
