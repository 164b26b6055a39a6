"""The servers' parts that need no engine: command lines, decisions, names, archives."""
