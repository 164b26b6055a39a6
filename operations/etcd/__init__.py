"""Snapshot, restore and defragmentation of a stack's etcd cluster."""
