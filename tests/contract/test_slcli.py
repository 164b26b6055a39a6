"""The stock `slcli` works on the sandbox as it does on the cloud."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import SoftLayer
from click.testing import CliRunner
from SoftLayer.CLI import core, environment

from tests.contract.conftest import API_KEY, PUBLIC_KEY, USERNAME, RunningCloud
from tests.contract.stock import gone, ready, until


@pytest.fixture
def slcli(cloud: RunningCloud, tmp_path: Path) -> Callable[..., Any]:
    """Run the stock slcli in this process; returns its JSON output."""
    config = tmp_path / "slcli.conf"
    config.write_text(
        f"[softlayer]\nusername = {USERNAME}\napi_key = {API_KEY}\nendpoint_url = {cloud.url}\ntimeout = 10\n"
    )

    def run(*words: str, answer: str | None = None) -> Any:
        arguments = ["--config", str(config), "--format", "json", "-y", *words]
        clean = {"SL_USERNAME": None, "SL_API_KEY": None, "https_proxy": None, "HTTPS_PROXY": None}
        result = CliRunner().invoke(
            core.cli,
            arguments,
            obj=environment.Environment(),
            env=clean,
            input=answer,
            catch_exceptions=False,
        )
        assert result.exit_code == 0, result.output
        try:
            return json.loads(result.output)
        except json.JSONDecodeError:
            return result.output

    return run


CREATE = (
    "vs create --hostname web --domain example.com --flavor B1_2X8X25 --os DEBIAN_12_64 "
    "--datacenter tor01 --billing hourly --disk 25 --disk 100 --network 1000"
)


def test_slcli_makes_shows_changes_and_cancels_a_guest(
    slcli: Callable[..., Any], client: SoftLayer.API.BaseClient, tmp_path: Path
) -> None:
    key_file = tmp_path / "key.pub"
    key_file.write_text(PUBLIC_KEY)
    slcli("sshkey", "add", "-f", str(key_file), "deploy")
    assert [key["label"] for key in slcli("sshkey", "list")] == ["deploy"]
    assert "B1_2X8X25" not in str(slcli("vs", "list"))
    assert slcli(*CREATE.split(), "--key", "deploy", "--test")
    slcli(*CREATE.split(), "--key", "deploy", "--tag", "blue")
    ready(client, client.call("Account", "getVirtualGuests", mask="mask[id]")[0]["id"])
    assert [guest["hostname"] for guest in slcli("vs", "list")] == ["web"]
    assert slcli("vs", "list", "--tag", "blue", "--hourly", "--columns", "id,tags,created_by,action")
    detail = slcli("vs", "detail", "web", "--passwords", "--price")
    assert (detail["cores"], detail["public_ip"], detail["preset"]) == (2, "10.140.0.10", "B1_2X8X25")
    guest_id = str(detail["id"])
    for words in (
        ("vs", "credentials", guest_id),
        ("vs", "ready", guest_id),
        (
            "vs",
            "edit",
            guest_id,
            "--hostname",
            "web2",
            "--tag",
            "green",
            "--public-speed",
            "100",
            "--private-speed",
            "10",
        ),
        ("vs", "storage", guest_id),
        ("vs", "billing", guest_id),
        ("vs", "monitoring", guest_id),
        ("vs", "bandwidth", guest_id, "-s", "2026-01-01", "-e", "2026-01-02"),
        ("tags", "set", "--tags", "a,b", "--key-name", "GUEST", "--resource-id", guest_id),
        ("tags", "list"),
        ("vs", "power-off", guest_id),
        ("vs", "power-on", guest_id),
        ("vs", "reboot", "--hard", guest_id),
        ("vs", "pause", guest_id),
        ("vs", "resume", guest_id),
        ("vs", "rescue", guest_id),
        ("vs", "list", "--search", "web2"),
        ("account", "billing-items"),
        ("account", "orders"),
        ("vlan", "detail", "1200071"),
    ):
        slcli(*words)
    slcli("vs", "reload", "--key", "deploy", guest_id)
    ready(client, int(guest_id))
    slcli("vs", "upgrade", guest_id, "--flavor", "B1_4X16X25")
    ready(client, int(guest_id))
    slcli("vs", "cancel", guest_id)
    until(lambda: gone(client, int(guest_id)))
    slcli("sshkey", "remove", "deploy")
    assert slcli("sshkey", "list") in ([], "")


@pytest.mark.parametrize(
    "words",
    [
        "vs create-options",
        "vs create-options tor01 --prices",
        "vlan list",
        "vlan list --datacenter tor01",
        "account summary",
        "summary",
        "order package-list",
        "order category-list PUBLIC_CLOUD_SERVER",
        "order item-list PUBLIC_CLOUD_SERVER --prices",
        "order preset-list PUBLIC_CLOUD_SERVER",
        "order package-locations PUBLIC_CLOUD_SERVER",
        "securitygroup list",
        "vs placementgroup list",
        "image list",
        "dedicatedhost list",
        "subnet list",
        "user list",
        "call-api Account getObject",
        "order place --verify PUBLIC_CLOUD_SERVER TORONTO OS_DEBIAN_12_64 BANDWIDTH_0_GB_2 1_IP_ADDRESS"
        " 1_GBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS --preset B1_2X8X25 --billing hourly"
        " --complex-type SoftLayer_Container_Product_Order_Virtual_Guest"
        ' --extras {"virtualGuests":[{"hostname":"web","domain":"example.com"}]}',
    ],
)
def test_slcli_reads_the_catalogue(slcli: Callable[..., Any], words: str) -> None:
    assert slcli(*words.split()) is not None
