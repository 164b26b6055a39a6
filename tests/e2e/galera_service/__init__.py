"""The member's shell on the real image: plain containers on one bridge network of the host's Docker."""
