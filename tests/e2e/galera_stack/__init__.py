"""Stacks of the real program, their Galera members in births, changes, accidents."""
