"""The WordPress site in a real browser: log in, write, see it through every server, also with one down."""

import contextlib
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException

from settings.model.load_balancer import LoadBalancer
from settings.model.wordpress import WordPress
from tests.e2e.browser import Browser, browser
from tests.e2e.cloud import bring_images, docker, node_container, on_node, seen_on
from tests.e2e.cluster import Cluster
from tests.e2e.doors import doors, writers
from tests.e2e.ledger import Ledger
from tests.e2e.stack import Stack, await_condition

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

POST = {"title": "Written through the first server", "content": "Seen through every other one."}


@pytest.fixture(scope="module")
def outputs(stack: Stack) -> dict[str, Any]:
    """The stack's outputs after the `up` that adds the site."""
    bring_images(LoadBalancer().image, WordPress().image)
    stack.set("loadBalancer.enabled", True)
    stack.set(
        "wordpress",
        {
            "enabled": True,
            "title": "Made by a test",
            "adminEmail": "admin@sandbox.test",
            "reachesOut": False,
            "uploads": {"kind": "volume"},
        },
    )
    stack.up(timeout=1500)
    return stack.outputs()


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the whole module."""
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


def pages(outputs: dict[str, Any]) -> list[str]:
    """The site's address on each server."""
    return [f"http://{one['host']}:{int(one['port'])}" for one in outputs["wordpress"]["endpoints"]]


def log_in(window: Browser, page: str, outputs: dict[str, Any]) -> None:
    window.open(f"{page}/wp-login.php")
    window.fill("#user_login", outputs["wordpress"]["adminUser"])
    window.fill("#user_pass", outputs["wordpressAdminPassword"])
    window.press("#wp-submit", leads_to="#wpadminbar")


def logs_in(window: Browser, page: str, outputs: dict[str, Any]) -> bool:
    """Whether a visitor gets in now, who would try again if a page does not come."""
    try:
        log_in(window, page, outputs)
    except WebDriverException as exc:
        print(f"not logged in: {(exc.msg or '').splitlines()[:1]}")
        with contextlib.suppress(WebDriverException):
            print(f"the page says: {window.text[:300]!r}")
        return False
    return True


def publish(window: Browser, page: str, title: str, content: str) -> None:
    """Write a post in the block editor, by the editor's own commands: its buttons move between versions."""
    window.open(f"{page}/wp-admin/post-new.php")
    window.until("the editor", "window.wp?.data?.select('core/editor')?.getCurrentPostId() > 0")
    window.run(
        "wp.data.dispatch('core/editor').editPost({title: arguments[0], content: arguments[1],"
        " status: 'publish'}); wp.data.dispatch('core/editor').savePost()",
        title,
        content,
    )
    window.until("the post", "wp.data.select('core/editor').didPostSaveRequestSucceed()")
    window.until("its status", "wp.data.select('core/editor').isCurrentPostPublished()")


def test_every_server_answers_with_the_site(outputs: dict[str, Any]) -> None:
    assert len(pages(outputs)) == 3
    for page in pages(outputs):
        with urllib.request.urlopen(f"{page}/", timeout=30) as answer:
            assert b"Made by a test" in answer.read()


def test_a_preview_after_a_refresh_shows_no_change(stack: Stack, outputs: dict[str, Any]) -> None:
    stack.run("refresh", "--yes", "--skip-preview")
    assert stack.changes() == {}


def test_every_server_refuses_another_installation(window: Browser, outputs: dict[str, Any]) -> None:
    for page in pages(outputs):
        window.open(f"{page}/wp-admin/install.php")
        assert "forbidden" in window.text.lower()


def test_a_post_is_written_and_seen_through_every_server(window: Browser, outputs: dict[str, Any]) -> None:
    first, *others = pages(outputs)
    log_in(window, first, outputs)
    publish(window, first, **POST)
    for page in (first, *others):
        window.open(page)
        assert POST["title"] in window.text


def test_the_first_installation_happened_once(stack: Stack, outputs: dict[str, Any]) -> None:
    """Another setting starts the replicas anew and looks again; the post and the administrator stay."""
    cluster = Cluster.of(outputs)
    users = "SELECT COUNT(*) FROM wordpress.wp_users"
    assert cluster.ask(cluster.members[0], users) == [(1,)]
    stack.set("wordpress.reachesOut", True)
    touched = {urn.split("::")[-1] for urns in stack.changes().values() for urn in urns}
    assert all(name.startswith("wordpress") for name in touched), touched
    stack.up()
    assert cluster.ask(cluster.members[0], users) == [(1,)]
    for page in pages(outputs):
        with urllib.request.urlopen(f"{page}/?feed=rss2", timeout=60) as answer:
            assert POST["title"].encode() in answer.read()


def test_no_password_is_in_a_log_or_an_environment(stack: Stack, outputs: dict[str, Any]) -> None:
    password = outputs["wordpressAdminPassword"]
    assert password not in stack.run("export").stdout
    for server in outputs["servers"]:
        assert password not in seen_on(server["hostname"])


def test_uploads_come_to_the_one_replica_that_keeps_them(window: Browser, outputs: dict[str, Any]) -> None:
    page = pages(outputs)[1]
    log_in(window, page, outputs)
    window.open(f"{page}/wp-admin/post-new.php")
    window.until("the editor", "window.wp?.apiFetch !== undefined")
    window.run(
        "const file = new Blob(['a text from the browser'], {type: 'text/plain'});"
        " const form = new FormData(); form.append('file', file, 'note.txt');"
        " wp.apiFetch({path: '/wp/v2/media', method: 'POST', body: form})"
        " .then(media => { window.uploaded = media.source_url },"
        " fault => { window.uploaded = fault.message })"
    )
    window.until("the upload", "window.uploaded !== undefined")
    address = str(window.run("return window.uploaded"))
    assert address.startswith(f"{page}/wp-content/uploads/"), address
    for other in pages(outputs):
        with urllib.request.urlopen(address.replace(page, other), timeout=30) as answer:
            assert answer.read() == b"a text from the browser"


def test_with_one_server_down_the_site_is_read_and_written(window: Browser, outputs: dict[str, Any]) -> None:
    """The server that goes is the one that keeps the uploads, the hardest one to lose."""
    first, *others = pages(outputs)
    cluster = Cluster.of(outputs)
    container = node_container(cluster.members[0].hostname)
    docker("pause", container)
    try:
        for page in others:
            await_condition(f"a form taken by {page}", lambda page=page: takes_forms(page), timeout=180)
        await_condition("a log-in", lambda: logs_in(window, others[0], outputs), timeout=400, every=1.0)
        publish(window, others[0], "Written with one server down", "And still here.")
        for page in others:
            # One replica is left, and the load balancers may take it out for a moment while it is busy.
            await_condition(f"both posts on {page}", lambda page=page: shows_both(window, page), timeout=120)
    finally:
        docker("unpause", container)
    cluster.await_recovered()
    await_condition("the site of the server that is back", lambda: answers(first), timeout=180)


def shows_both(window: Browser, page: str) -> bool:
    """Whether the posts from before and from meanwhile are there."""
    window.open(page)
    return "Written with one server down" in window.text and POST["title"] in window.text


@pytest.mark.long
def test_servers_and_replicas_come_and_go_under_clients(stack: Stack, outputs: dict[str, Any]) -> None:
    """The new servers carry no member, and answer at every port all the same."""
    cluster, password = Cluster.of(outputs), outputs["databaseRootPassword"]
    with Ledger(doors(outputs, "writer")[:1], password, name="front_grown", pings=True) as ledger:
        stack.set("database.members", 3)
        stack.set("servers.count", 5)
        stack.set("wordpress.replicas", 4)
        stack.up(timeout=1500)
        grown = stack.outputs()
        assert len(doors(grown, "writer")) == len(pages(grown)) == 5
        assert writers(grown) == writers(outputs)
        for page in pages(grown):
            with urllib.request.urlopen(f"{page}/?feed=rss2", timeout=60) as answer:
                assert b"<title>Made by a test</title>" in answer.read()
        stack.set("servers.count", 3)
        stack.set("wordpress.replicas", 2)
        stack.up(timeout=1500)
    assert ledger.refusals == []
    for endpoint in cluster.endpoints:
        assert ledger.lost_on(endpoint) == set()
    assert len(pages(stack.outputs())) == 3
    assert stack.changes() == {}


def test_switched_off_the_posts_and_the_uploads_are_left(stack: Stack, outputs: dict[str, Any]) -> None:
    stack.set("wordpress", {"enabled": False})
    stack.set("loadBalancer", {"enabled": False})
    stack.up()
    assert not {"wordpress", "loadBalancer"} & set(stack.outputs())
    for server, kept in zip(outputs["servers"], (["wordpress-uploads"], [], []), strict=True):
        left = on_node(server["hostname"], "docker ps -a --format '{{.Names}}'; docker volume ls -q").split()
        assert [name for name in left if name.startswith(("wordpress", "load-balancer"))] == kept
    listed = on_node(
        outputs["servers"][0]["hostname"],
        "docker service ls --format '{{.Name}}'; docker config ls; docker secret ls",
    ).split()
    assert not [name for name in listed if name.startswith(("wordpress", "load-balancer"))], listed
    cluster = Cluster.of(outputs)
    assert cluster.synced()
    assert cluster.ask(cluster.members[0], "SELECT COUNT(*) FROM wordpress.wp_users") == [(1,)]
    assert stack.changes() == {}


def answers(page: str) -> bool:
    """Whether the site answers, now."""
    try:
        with urllib.request.urlopen(f"{page}/wp-login.php", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def takes_forms(page: str) -> bool:
    """Whether the site answers a wrong password, now.

    Forms go to the replica that keeps the uploads, and wait for it until the load balancer has seen it gone.
    """
    try:
        with urllib.request.urlopen(f"{page}/wp-login.php", b"log=nobody&pwd=wrong", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
