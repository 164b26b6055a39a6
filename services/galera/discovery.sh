# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# How members find one another, in mode `ordered`: by a name that all of them share in the swarm's DNS. There is no register
# beside the members themselves, so it admits what they decide. Mode `homogeneous` has another file in the place of this one.

start_discovery() { :; }
end_discovery() { :; }

# Each of these may forbid what was decided; then it returns 1, and refused and refused_until tell why.
claim_join() { :; }      # UUID of the Primary
claim_birth() { :; }     # PERMIT
claim_bootstrap() { :; } # UUID of the history that goes on

peer_addresses() { # one a line, without our own
    resolved_peers | without_own
}
