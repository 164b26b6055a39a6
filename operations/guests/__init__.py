"""The servers of a stack as the account has them, whatever the stack's state knows."""
