"""What sets a machine up and drives the engine: setup, the engine and its plugins, `make up` and its like."""
