"""A stand-in for the Aerospike server: a real cluster view, the info protocol, and not one record."""
