"""The bench's pure parts."""
