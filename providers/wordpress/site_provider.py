"""What happens at an `InstalledSite`: replicas are waited for, the site is installed, each server answers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from providers.patience import Patience
from providers.ssh import SshError, Target, connect
from providers.stateless import StatelessProvider, whole, without_provider
from providers.swarm.errors import SwarmError
from providers.swarm.manager_link import any_manager
from providers.swarm.service_view import service_view
from providers.wordpress.errors import WordPressError
from providers.wordpress.replicas import install, page_fault

#: Seconds for a server to answer again after its session broke.
RECONNECT_SECONDS = 30.0


class InstalledSiteProvider(StatelessProvider):
    """The installation is repeated at will, since it changes nothing where there is a site."""

    INPUTS: ClassVar = (
        "servers",
        "managers",
        "services",
        "port",
        "title",
        "admin_user",
        "admin_email",
        "admin_password",
        "triggers",
        "timeout_seconds",
    )
    COMPARED: ClassVar = ("servers", "managers", "services", "port", "triggers")

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Raises WordPressError when nothing moves any more."""
        version = _installed(props)
        return CreateResult("site", outs={**without_provider(props), "version": version})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Replicas started anew, or more servers have to answer."""
        return UpdateResult(outs={**self.taken_over(_olds, _news), "version": _installed(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """As recorded: a site that does not answer right now is a state, and `make status` shows it."""
        return self.found(id_, props)


def _installed(props: Mapping[str, Any]) -> str:
    """The version of WordPress, once all replicas run, the site is installed and every server answers."""
    patience = Patience(float(whole(props, "timeout_seconds", 300)))
    version, seen = "", "not seen yet"
    for _ in patience.pauses():
        try:
            seen = _missing(props)
            if not seen and not version:
                version = _install(props)
                seen = "" if version else "no replica runs on any server that answers"
            if not seen:
                seen = _silent(props)
            if not seen:
                return version
        except (SshError, SwarmError) as exc:
            seen = str(exc)
        patience.saw("phase", seen)
        if patience.is_time_to_report():
            patience.report("wordpress", seen)
    said = (
        f"the WordPress site is not there, and nothing has moved for {patience.seconds:.0f} s (last seen:"
        f" {seen}); see `make status`, and `docker service logs wordpress` on a manager"
    )
    raise WordPressError(said)


def _missing(props: Mapping[str, Any]) -> str:
    with any_manager(props["managers"], patience_seconds=RECONNECT_SECONDS) as (manager, _):
        for service, wanted in props["services"].items():
            view = service_view(manager, str(service))
            if view.stopped:
                raise WordPressError(view.stopped)
            missing = view.missing(int(wanted))
            if missing:
                return f"{service}: {missing}"
    return ""


def _install(props: Mapping[str, Any]) -> str:
    order = {
        "title": str(props["title"]),
        "user": str(props["admin_user"]),
        "email": str(props["admin_email"]),
        "password": str(props["admin_password"]),
    }
    for ssh in props["servers"]:
        with connect(Target.from_inputs(ssh), deadline_seconds=RECONNECT_SECONDS) as server:
            said = install(server, props["services"], order)
            if said is not None:
                return str(said["version"])
    return ""


def _silent(props: Mapping[str, Any]) -> str:
    for ssh in props["servers"]:
        with connect(Target.from_inputs(ssh), deadline_seconds=RECONNECT_SECONDS) as server:
            fault = page_fault(server, whole(props, "port"))
            if fault:
                return fault
    return ""
