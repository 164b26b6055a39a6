"""Consul's resources against an HTTP server that answers as an agent does."""
