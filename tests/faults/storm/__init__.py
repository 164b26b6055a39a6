"""The storm: three members as plain containers, killed, frozen, cut off and wiped at random."""
