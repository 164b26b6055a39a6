"""One module for each thing a user can name: servers, swarm, overlay network, Galera."""
