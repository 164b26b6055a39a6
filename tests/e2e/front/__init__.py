"""Stacks with what clients meet first: the load balancers, and a site behind them."""
