"""The load balancer as the program sees it."""
