"""The question before everything else tells a silent endpoint, a wrong key and another server apart."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from providers.softlayer.preflight import preflight
from tests.contract.conftest import RunningCloud


def test_a_cloud_that_knows_the_user_is_no_problem(cloud: RunningCloud) -> None:
    assert preflight(cloud.url, "sandbox", "sandbox-key") is None


def test_a_wrong_key_is_named_without_being_shown(cloud: RunningCloud) -> None:
    found = preflight(cloud.url, "sandbox", "not-the-key")
    assert found is not None
    assert found[0] == "cloud.apiKey"
    assert "not-the-key" not in found[1]


def test_trouble_that_may_pass_is_left_to_the_calls(cloud: RunningCloud) -> None:
    for script in ({"kind": "rate-limit"}, {"kind": "http", "status": 503}):
        cloud.fault(method="getCurrentUser", **script)
        assert preflight(cloud.url, "sandbox", "sandbox-key") is None


def test_one_dropped_connection_is_tried_again(cloud: RunningCloud) -> None:
    cloud.fault(method="getCurrentUser", kind="drop")
    assert preflight(cloud.url, "sandbox", "sandbox-key") is None


def test_a_silent_endpoint_is_a_problem() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = preflight(f"http://127.0.0.1:{port}/xmlrpc/v3.1", "sandbox", "sandbox-key")
    assert found is not None
    assert found[0] == "cloud.endpoint"
    assert "does not answer" in found[1]


@pytest.fixture
def web_page() -> Iterator[str]:
    """Something on the web that is no API: it answers everything with a page."""

    class FakePage(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b"<!doctype html><title>Sign in</title>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), FakePage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/xmlrpc/v3.1"
    server.shutdown()
    server.server_close()


def test_a_page_in_place_of_the_api_is_told_apart(web_page: str) -> None:
    found = preflight(web_page, "sandbox", "sandbox-key")
    assert found is not None
    assert found[0] == "cloud.endpoint"
    assert "not the SoftLayer" in found[1]
