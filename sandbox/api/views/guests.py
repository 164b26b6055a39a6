"""How virtual guests, their parts and their transactions look."""

import time
import uuid
from typing import Any

from sandbox.api.catalogue import PACKAGES
from sandbox.api.cloud import ACCOUNT_ID, Cloud
from sandbox.api.driver import NodeError
from sandbox.api.errors import refuse
from sandbox.api.places import BY_NAME, VLANS
from sandbox.api.records import Guest, SshKey, Transaction, disk_device
from sandbox.api.transactions import GROUPS, current_status
from sandbox.api.views.billing import guest_billing_item
from sandbox.api.views.catalogue import location, router, software_description, subnet, tag_references, vlan


def ssh_key(key: SshKey) -> dict[str, Any]:
    """SoftLayer_Security_Ssh_Key."""
    return {
        "id": key.id,
        "label": key.label,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "notes": key.notes,
        "createDate": key.create_date,
        "modifyDate": key.modify_date,
    }


def transaction_view(cloud: Cloud, transaction: Transaction) -> dict[str, Any]:
    """SoftLayer_Provisioning_Version1_Transaction."""
    name, friendly = current_status(transaction)
    return {
        "id": transaction.id,
        "createDate": transaction.create_date,
        "modifyDate": transaction.done_date or transaction.create_date,
        "statusChangeDate": transaction.done_date or transaction.create_date,
        "elapsedSeconds": int(time.time() - transaction.started),
        "guestId": transaction.guest_id,
        "transactionStatus": {"name": name, "friendlyName": friendly, "averageDuration": ".1"},
        "transactionGroup": {"name": GROUPS[transaction.kind], "averageTimeToComplete": ".1"},
        "guest": lambda: guest_view(cloud, cloud.guest(transaction.guest_id)),
    }


def guest_view(cloud: Cloud, guest: Guest) -> dict[str, Any]:
    """SoftLayer_Virtual_Guest: local properties now, relations when they are asked for."""
    place = BY_NAME[guest.datacenter]
    return {
        "id": guest.id,
        "accountId": ACCOUNT_ID,
        "globalIdentifier": guest.global_identifier,
        "uuid": guest.uuid,
        "hostname": guest.hostname,
        "domain": guest.domain,
        "fullyQualifiedDomainName": guest.fqdn,
        "createDate": guest.create_date,
        "modifyDate": guest.modify_date,
        "provisionDate": guest.provision_date,
        "startCpus": guest.cpus,
        "maxCpu": guest.cpus,
        "maxCpuUnits": "CORE",
        "maxMemory": guest.memory_mb,
        "statusId": 1001,
        "typeId": 0,
        "notes": guest.notes,
        "localDiskFlag": guest.local_disk,
        "dedicatedAccountHostOnlyFlag": guest.dedicated,
        "privateNetworkOnlyFlag": guest.private_only,
        "postInstallScriptUri": guest.post_install_uri or "",
        "placementGroupId": None,
        "deviceStatusId": 8,
        "managedResourceFlag": False,
        "supplementalCreateObjectOptions": {"bootMode": guest.boot_mode, "flavorKeyName": guest.flavor},
        "status": {"keyName": "ACTIVE", "name": "Active"},
        "deviceStatus": {"id": 8, "name": "Active"},
        "type": {"id": 0, "keyName": "PUBLIC", "name": "Public"},
        "hourlyBillingFlag": guest.hourly,
        "transientGuestFlag": guest.transient,
        "operatingSystemReferenceCode": guest.os_code,
        "pendingMigrationFlag": False,
        "metricTrackingObjectId": guest.id,
        "isPingable": lambda: _power_key(cloud, guest) == "RUNNING",
        "datacenter": lambda: location(place),
        "location": lambda: location(place),
        "powerState": lambda: _power_state(cloud, guest),
        "lastKnownPowerState": lambda: _power_state(cloud, guest),
        "sshKeys": lambda: [ssh_key(key) for key in cloud.store.ssh_keys() if key.id in guest.ssh_key_ids],
        "userData": [{"value": value} for value in guest.user_data],
        "tagReferences": lambda: tag_references(cloud, guest.tags, guest.id),
        "billingItem": lambda: guest_billing_item(cloud, guest),
        "blockDevices": lambda: _block_devices(guest),
        "frontendRouters": lambda: [] if guest.private_only else [router(place, public=True)],
        "backendRouters": lambda: [router(place, public=False)],
        **_transactions(cloud, guest),
        **_network(cloud, guest),
        **_software(guest),
    }


def _power_key(cloud: Cloud, guest: Guest) -> str:
    if guest.provision_date is None or guest.gone:
        return "HALTED"
    try:
        return cloud.driver.power_state(guest.id)
    except NodeError as exc:
        refuse(f"Unable to read the power state of guest {guest.id}: {exc}")


def _power_state(cloud: Cloud, guest: Guest) -> dict[str, Any]:
    key = _power_key(cloud, guest)
    return {"keyName": key, "name": key.capitalize(), "description": ""}


def _transactions(cloud: Cloud, guest: Guest) -> dict[str, Any]:
    def active() -> list[dict[str, Any]]:
        return [transaction_view(cloud, each) for each in cloud.store.unfinished(guest.id)]

    def last() -> dict[str, Any] | None:
        found = cloud.store.last_transaction(guest.id)
        return transaction_view(cloud, found) if found else None

    def last_reload() -> dict[str, Any] | None:
        found = cloud.store.transaction(guest.last_reload_id) if guest.last_reload_id else None
        return transaction_view(cloud, found) if found else None

    return {
        "activeTransaction": lambda: next(iter(active()), None),
        "activeTransactions": active,
        "lastTransaction": last,
        "lastOperatingSystemReload": last_reload,
    }


def _network(cloud: Cloud, guest: Guest) -> dict[str, Any]:
    """Components, VLANs and addresses; the addresses appear when the guest is provisioned."""
    ready = guest.provision_date is not None

    def private() -> dict[str, Any]:
        return _component(cloud, guest, public=False)

    def public() -> dict[str, Any] | None:
        return None if guest.private_only else _component(cloud, guest, public=True)

    def components() -> list[dict[str, Any]]:
        return [each for each in (private(), public()) if each is not None]

    def vlans() -> list[dict[str, Any]]:
        numbers = [number for number in (guest.private_vlan, guest.public_vlan) if number]
        return [vlan(cloud, VLANS[number]) for number in numbers]

    return {
        "primaryIpAddress": guest.public_ip if ready else None,
        "primaryBackendIpAddress": guest.private_ip if ready else None,
        "primaryNetworkComponent": public,
        "primaryBackendNetworkComponent": private,
        "networkComponents": components,
        "frontendNetworkComponents": lambda: [each for each in (public(),) if each is not None],
        "backendNetworkComponents": lambda: [private()],
        "networkVlans": vlans,
    }


def _component(cloud: Cloud, guest: Guest, *, public: bool) -> dict[str, Any]:
    known = VLANS[(guest.public_vlan if public else guest.private_vlan) or guest.private_vlan]
    address = guest.public_ip if public else guest.private_ip
    number = guest.id * 2 + int(public)
    tail = f"{guest.id & 0xFFFF:04x}"
    return {
        "id": number,
        "guestId": guest.id,
        "name": "eth",
        "port": int(public),
        "maxSpeed": guest.nic_mbps,
        "speed": guest.public_speed if public else guest.private_speed,
        "status": "ACTIVE",
        "macAddress": f"06:00:00:{int(public):02x}:{tail[:2]}:{tail[2:]}",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        "createDate": guest.create_date,
        "modifyDate": guest.modify_date,
        "primaryIpAddress": address if guest.provision_date else None,
        "networkVlan": lambda: vlan(cloud, known),
        "primarySubnet": lambda: subnet(cloud, known),
        "subnets": lambda: [subnet(cloud, known)],
        "router": lambda: router(known.place, public=public),
        "securityGroupBindings": [],
        "guest": lambda: guest_view(cloud, guest),
    }


def _block_devices(guest: Guest) -> list[dict[str, Any]]:
    """The disks by device, with the swap disk that every guest has as device 1."""
    sizes = [(disk_device(index), size, "SYSTEM") for index, size in enumerate(guest.disks_gb)]
    sizes.insert(1, ("1", 2, "SWAP"))
    return [
        {
            "id": guest.id * 10 + int(device),
            "device": device,
            "guestId": guest.id,
            "bootableFlag": int(device == "0"),
            "mountMode": "RW",
            "mountType": "Disk",
            "createDate": guest.create_date,
            "diskImageId": guest.id * 10 + int(device),
            "diskImage": {
                "id": guest.id * 10 + int(device),
                "name": f"{guest.fqdn}-{'SWAP' if kind == 'SWAP' else device}",
                "description": f"{guest.fqdn}-{'SWAP' if kind == 'SWAP' else device}",
                "capacity": size,
                "units": "GB",
                "createDate": guest.create_date,
                "metadataFlag": False,
                "localDiskFlag": guest.local_disk,
                "type": {"keyName": kind, "name": kind.capitalize(), "description": ""},
            },
        }
        for device, size, kind in sizes
    ]


def _software(guest: Guest) -> dict[str, Any]:
    def component() -> dict[str, Any]:
        system = PACKAGES[guest.package_id].system(guest.os_code)
        password = {
            "id": guest.id,
            "username": "root",
            "password": guest.root_password,
            "notes": "",
            "createDate": guest.provision_date,
        }
        return {
            "id": guest.id,
            "passwords": [password] if guest.provision_date else [],
            "softwareLicense": {
                "id": guest.id,
                "softwareDescription": software_description(system.item) if system else {},
            },
        }

    return {"operatingSystem": component, "softwareComponents": lambda: [component()]}
