"""What an operator decides for a stack's Galera cluster: which member goes on when the quorum is lost."""
