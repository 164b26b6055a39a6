"""SoftLayer (IBM Cloud Classic): the resources SshKey and VirtualGuest, and what a guest would cost."""

from providers.softlayer.guest import VirtualGuest, VirtualGuestArgs
from providers.softlayer.mark import mark_of
from providers.softlayer.ssh_key import SshKey, SshKeyArgs

__all__ = ["SshKey", "SshKeyArgs", "VirtualGuest", "VirtualGuestArgs", "mark_of"]
