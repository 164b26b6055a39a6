"""The control plane under /control: fault scripts, the call log, counters of orders, health. Loopback only.

POST   /control/faults         one fault script or a list of them -> the scripts with their ids
GET    /control/faults         the scripts, with `seen` and `fired`
DELETE /control/faults[/ID]    remove one or all
POST   /control/release        let held transactions go on
GET    /control/calls          counters and the newest calls; DELETE forgets them
GET    /control/orders         orders, and guests by name, that were ever committed
GET    /control/guests         guests that are not gone, with addresses, disks and transactions
GET    /control/health         whether the server works, and transactions in trouble
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.api.calls import CallLog
from sandbox.api.cloud import Cloud
from sandbox.api.driver import NodeError
from sandbox.api.faults import Faults, ScriptError, read_script
from sandbox.api.records import Guest
from sandbox.api.transactions import current_status


@dataclass(frozen=True)
class Control:
    """Answers control requests."""

    cloud: Cloud
    faults: Faults
    calls: CallLog

    def answer(self, verb: str, path: str, body: bytes) -> tuple[int, Any]:
        """HTTP status and JSON value for a request below /control."""
        name, _, rest = path.removeprefix("/control").strip("/").partition("/")
        routes: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "faults"): self.faults.shown,
            ("POST", "faults"): lambda: self._add(body),
            ("DELETE", "faults"): lambda: {"removed": self.faults.clear(int(rest) if rest else None)},
            ("POST", "release"): lambda: {"released": self.cloud.transactions.release()},
            ("GET", "calls"): self.calls.shown,
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "orders"): self._orders,
            ("GET", "guests"): self._guests,
            ("GET", "health"): self._health,
        }
        route = routes.get((verb, name))
        if route is None or (rest and not (verb == "DELETE" and name == "faults" and rest.isdigit())):
            return 404, {"error": f"There is no {verb} /control/{name}."}
        try:
            return 200, route()
        except (ScriptError, json.JSONDecodeError, UnicodeDecodeError) as exc:
            return 400, {"error": str(exc)}

    def _add(self, body: bytes) -> list[dict[str, Any]]:
        raw = json.loads(body.decode())
        scripts = [read_script(each) for each in (raw if isinstance(raw, list) else [raw])]
        added = {self.faults.add(script).id for script in scripts}
        return [each for each in self.faults.shown() if each["id"] in added]

    def _forget_calls(self) -> dict[str, Any]:
        self.calls.clear()
        return self.calls.shown()

    def _orders(self) -> dict[str, Any]:
        # In this order: an order that is committed meanwhile must not name guests that were not there yet.
        orders = self.cloud.store.orders()
        guests = {guest.id: guest for guest in self.cloud.store.all_guests()}
        ordered = [guests[each] for order in orders if order.kind == "guest" for each in order.guest_ids]
        return {
            "orders": len(orders),
            "guestOrders": sum(order.kind == "guest" for order in orders),
            "guests": sum(not guest.gone for guest in guests.values()),
            "orderedByName": dict(Counter(guest.fqdn for guest in ordered)),
            "items": [
                {
                    "id": order.id,
                    "kind": order.kind,
                    "createDate": order.create_date,
                    "status": order.status,
                    "guests": order.guest_ids,
                    "names": [guests[each].fqdn for each in order.guest_ids],
                }
                for order in orders
            ],
        }

    def _guests(self) -> list[dict[str, Any]]:
        return [self._guest(guest) for guest in self.cloud.store.guests()]

    def _guest(self, guest: Guest) -> dict[str, Any]:
        try:
            power = self.cloud.driver.power_state(guest.id) if guest.provision_date else "HALTED"
        except NodeError as exc:
            power = str(exc)  # type: ignore[assignment]
        return {
            "id": guest.id,
            "hostname": guest.hostname,
            "domain": guest.domain,
            "datacenter": guest.datacenter,
            "flavor": guest.flavor,
            "cpus": guest.cpus,
            "memoryMb": guest.memory_mb,
            "disksGb": guest.disks_gb,
            "publicIp": guest.public_ip,
            "privateIp": guest.private_ip,
            "powerState": power,
            "provisionDate": guest.provision_date,
            "cancelDate": guest.cancel_date,
            "tags": guest.tags,
            "notes": guest.notes,
            "orderId": guest.order_id,
            "transactions": self._transactions(guest.id),
        }

    def _transactions(self, guest_id: int | None) -> list[dict[str, Any]]:
        return [
            {
                "id": each.id,
                "guest": each.guest_id,
                "kind": each.kind,
                "status": current_status(each)[0],
                "held": each.held,
                "createDate": each.create_date,
                "error": each.error,
            }
            for each in self.cloud.store.unfinished(guest_id)
        ]

    def _health(self) -> dict[str, Any]:
        unfinished = self._transactions(None)
        return {
            "status": "ok",
            "unfinished": len(unfinished),
            "failing": [each for each in unfinished if each["error"]],
        }
