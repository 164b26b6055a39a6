"""Unit tests of providers/etcd."""
