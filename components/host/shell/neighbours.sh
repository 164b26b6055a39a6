# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The stack's other servers by name.

set_neighbours() { hosts_block stack ${neighbour_lines[@]+"${neighbour_lines[@]}"}; }
