"""The Pulumi plugin `command`: its published resources, types and semantics, over paramiko and subprocess."""
