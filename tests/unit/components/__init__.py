"""The components, against mocks."""
