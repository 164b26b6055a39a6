"""One screen that tells how a deployed stack is doing right now: `make status`."""
