"""One running sandbox cloud: its records, its driver, its transactions and its account."""

import hmac
from dataclasses import dataclass

from sandbox.api.driver import NodeDriver
from sandbox.api.errors import refuse, refuse_missing
from sandbox.api.records import Guest, SshKey, now
from sandbox.api.store import Store
from sandbox.api.transactions import Transactions

ACCOUNT_ID = 1
USER_ID = 10
GUEST_QUOTA = 20


@dataclass(frozen=True)
class Cloud:
    """What every method of the API works on."""

    store: Store
    driver: NodeDriver
    transactions: Transactions
    username: str
    api_key: str

    def accepts(self, username: str, api_key: str) -> bool:
        """Whether these are the account's credentials. `apikey` stands for any user, as in the cloud."""
        right_user = username in (self.username, "apikey")
        return right_user and hmac.compare_digest(api_key.encode(), self.api_key.encode())

    def guest(self, guest_id: object) -> Guest:
        """A guest that is not gone, by its id or its global identifier."""
        text = str(guest_id)
        if text.isdigit():
            found = self.store.guest(int(text))
        else:
            found = next((each for each in self.store.guests() if each.global_identifier == text), None)
        if found is None or found.gone or hidden(found):
            refuse_missing(guest_id)
        return found

    def idle_guest(self, guest_id: object, what: str) -> Guest:
        """A guest on which nothing is under way."""
        guest = self.guest(guest_id)
        busy = self.store.unfinished(guest.id)
        if busy:
            refuse(
                f"Unable to {what} guest {guest.id}: transaction {busy[0].id} ({busy[0].kind}) is active. "
                "Try again when it has finished."
            )
        return guest

    def visible_guests(self) -> list[Guest]:
        """The guests that the account's listings show."""
        return [guest for guest in self.store.guests() if not hidden(guest)]

    def key(self, key_id: object) -> SshKey:
        """An SSH key by its id."""
        found = next((key for key in self.store.ssh_keys() if str(key.id) == str(key_id)), None)
        if found is None:
            refuse_missing(key_id)
        return found


def hidden(guest: Guest) -> bool:
    """Whether a fault script keeps this guest out of sight for now."""
    return guest.visible_from is not None and guest.visible_from > now().isoformat()
