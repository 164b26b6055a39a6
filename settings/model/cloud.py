"""Section `cloud`: which SoftLayer API is spoken to, as whom, and how the servers are reached."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from settings.model.section import Section

#: Environment variables that stand in for the two credentials, the names that the SoftLayer client reads.
USERNAME_VARIABLE = "SL_USERNAME"
API_KEY_VARIABLE = "SL_API_KEY"


class Cloud(Section):
    """The SoftLayer (IBM Cloud Classic) account that owns the servers."""

    endpoint: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """URL of the XML-RPC API, for example `https://api.softlayer.com/xmlrpc/v3.1`. `http` is accepted only
    for this machine (a stand-in cloud)."""

    username: Annotated[str, Field(json_schema_extra={"required": True})] = ""
    """User of the API. Without it, the environment variable `SL_USERNAME` is read."""

    api_key: Annotated[SecretStr, Field(json_schema_extra={"required": True})] = SecretStr("")
    """API key of that user, a secret. Without it, the environment variable `SL_API_KEY` is read."""

    timeout_seconds: Annotated[int, Field(ge=5, le=3600)] = 120
    """Seconds after which one API call without an answer is given up."""

    order_doubt_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """Seconds during which an order of unknown outcome is searched for, before the next
    attempt orders anew."""

    provision_timeout_minutes: Annotated[int, Field(ge=1, le=1440)] = 90
    """Minutes that an ordered server may take until it is ready."""

    ssh_key_file: str | None = None
    """Private SSH key (OpenSSH form, no passphrase) with which the servers are reached, relative to the
    project. It is made when missing; the default is `.secrets/<stack>/ssh_ed25519`."""

    ssh_over: Literal["public", "private"] = "public"
    """Which address of a server SSH goes to. `private` needs a way into the private network, such as its
    VPN."""

    def key_file_of(self, stack: str) -> str:
        """The private SSH key's file, as configured or the stack's own."""
        return f".secrets/{stack}/ssh_ed25519" if self.ssh_key_file is None else self.ssh_key_file
