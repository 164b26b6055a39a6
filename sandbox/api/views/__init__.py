"""The records as the API shows them: objects with lazy relations, for masks and filters to read."""
