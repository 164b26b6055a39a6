"""Unit tests of providers/softlayer, on a fake account and a fake clock."""
