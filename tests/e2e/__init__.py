"""The real engine against real nested hosts and real SQL."""
