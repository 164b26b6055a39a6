"""The scripts of Consul's agents and of the servers' resolvers."""
