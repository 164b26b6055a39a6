"""Stacks with the services beside the database, each by itself and all at once."""
