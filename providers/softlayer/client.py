"""The API client of one operation: explicit endpoint and timeouts, a request budget, safe retries.

The SoftLayer package is imported on first use only: it pulls in every manager it has, and neither a preview
nor the program itself needs it. An endpoint left out would silently be the real cloud, so it is always
given.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error as XmlRpcError

from providers.softlayer.clock import Clock, SystemClock, growing, jittered
from providers.softlayer.credentials import Credentials
from providers.softlayer.errors import CloudError, NotFoundError
from providers.softlayer.faults import Fault, Kind, classify

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
CONNECT_TIMEOUT_SECONDS = 10.0
# The cloud allows 50 requests each second and account; the account has other users too.
REQUESTS_PER_SECOND = 20.0
# How long a call is repeated, in seconds, by what went wrong.
PATIENCE: Mapping[Kind, float] = {Kind.RATE_LIMIT: 600.0, Kind.BROKEN: 120.0, Kind.NOT_SENT: 30.0}


class RawCall(Protocol):
    """`call` of the SoftLayer package's client."""

    def __call__(self, service: str, method: str, *args: Any, **options: Any) -> Any:
        """Make one call; options are id, mask, filter, limit, iter."""


class RequestBudget:
    """Spaces requests evenly; shared by all threads of the process."""

    def __init__(self, per_second: float = REQUESTS_PER_SECOND, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._interval = 1.0 / per_second
        self._burst = per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def take(self) -> None:
        """Wait until the next request may go out; a second's worth may go out at once."""
        with self._lock:
            now = self._clock.monotonic()
            self._next = max(self._next, now - self._burst * self._interval) + self._interval
            wait = self._next - now
        if wait > 0:
            self._clock.sleep(wait)


_BUDGET = RequestBudget()


class Api:
    """Calls on behalf of one resource; every failure is raised as a CloudError that names it."""

    def __init__(
        self,
        *,
        call: RawCall,
        order_call: RawCall,
        endpoint: str,
        subject: str,
        failures: tuple[type[Exception], ...],
        clock: Clock,
        doubt_seconds: float,
        budget: RequestBudget = _BUDGET,
    ) -> None:
        self._call = call
        self._order_call = order_call
        self._failures = failures
        self._budget = budget
        self.endpoint = endpoint
        self.subject = subject
        self.clock = clock
        self.doubt_seconds = doubt_seconds

    def call(self, doing: str, service: str, method: str, *args: Any, **options: Any) -> Any:
        """Make a call that is safe to repeat (a read, or a write with the same outcome each time).

        Repeats it after rate limits, lost answers and failed connections; raises the mapped CloudError
        otherwise.
        """
        started = self.clock.monotonic()
        for pause in growing(0.5, 2.0, 30.0):
            result, fault = self._attempt(self._call, service, method, args, options)
            if fault is None:
                return result
            patience = PATIENCE.get(fault.kind, 0.0)
            wait = jittered(pause)
            if self.clock.monotonic() - started + wait > patience:
                raise fault.error(self.subject, doing, self.endpoint) from fault.cause
            self.clock.sleep(wait)
        raise AssertionError  # growing() never ends

    def call_once(self, doing: str, service: str, method: str, *args: Any, **options: Any) -> Any:
        """Make a call without patience: what fails is raised as the mapped CloudError at once."""
        result, fault = self._attempt(self._call, service, method, args, options)
        if fault is not None:
            raise fault.error(self.subject, doing, self.endpoint) from fault.cause
        return result

    def listing(
        self, doing: str, service: str, method: str, *, mask: str, filters: Any
    ) -> list[dict[str, Any]]:
        """Read a whole list, page by page.

        Raises BrokenCallError for an answer that is no list of objects: that nothing is there has to be said.
        """
        found = self.call(doing, service, method, mask=mask, filter=filters, iter=True)
        if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("id") for one in found):
            raise self.senseless(doing)
        return found

    def found(self, doing: str, service: str, id_: int, *, mask: str) -> dict[str, Any] | None:
        """Read one object; None when the API says that there is none of that id.

        Raises BrokenCallError for an answer that is not this object: nobody said that it is gone.
        """
        try:
            told = self.call(doing, service, "getObject", id=id_, mask=mask)
        except NotFoundError:
            return None
        if not isinstance(told, dict) or str(told.get("id")) != str(id_):
            raise self.senseless(doing)
        return told

    def senseless(self, doing: str) -> CloudError:
        """The error for an answer without a fault that cannot be what was asked for."""
        fault = Fault(Kind.BROKEN, "", "the API's answer has not the form it should have")
        return fault.error(self.subject, doing, self.endpoint)

    def once(self, service: str, method: str, *args: Any, **options: Any) -> tuple[Any, Fault | None]:
        """Send a call exactly once, with the long timeout; hand back its result or its fault."""
        return self._attempt(self._order_call, service, method, args, options)

    def _attempt(
        self, call: RawCall, service: str, method: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Any, Fault | None]:
        self._budget.take()
        try:
            return call(service, method, *args, **options), None
        except self._failures as exc:
            return None, classify(exc)


def connect(endpoint: str, credentials: Credentials, subject: str, clock: Clock | None = None) -> Api:
    """Build the client for one operation on `subject`."""
    make, failures = _softlayer()
    return Api(
        call=make(endpoint, credentials, credentials.timeout_seconds),
        order_call=make(endpoint, credentials, credentials.order_timeout_seconds),
        endpoint=endpoint,
        subject=subject,
        failures=failures,
        clock=clock or SystemClock(),
        doubt_seconds=credentials.doubt_seconds,
    )


@functools.cache
def _softlayer() -> tuple[Callable[[str, Credentials, float], RawCall], tuple[type[Exception], ...]]:
    """The SoftLayer package's client builder, and everything its calls are known to raise."""
    import SoftLayer
    from SoftLayer.transports import XmlRpcTransport

    def make(endpoint: str, credentials: Credentials, timeout: float) -> RawCall:
        # proxy=None and an empty config file: neither https_proxy nor ~/.softlayer may redirect the calls.
        transport = XmlRpcTransport(
            endpoint_url=endpoint, timeout=(min(CONNECT_TIMEOUT_SECONDS, timeout), timeout), proxy=None
        )
        if (urlsplit(endpoint).hostname or "") in LOOPBACK_HOSTS:
            transport.client.trust_env = False
        auth = SoftLayer.BasicAuthentication(credentials.username, credentials.api_key)
        client = SoftLayer.BaseClient(auth=auth, transport=transport, config_file=os.devnull)
        call: RawCall = client.call
        return call

    return make, (SoftLayer.SoftLayerError, ExpatError, XmlRpcError)
