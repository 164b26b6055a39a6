"""The installation of WordPress on one member: cut off and begun anew, never over what somebody made."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from settings.model.wordpress import WordPress
from tests.e2e.cloud import ROOT, build_image
from tests.e2e.galera_service.members import Members, docker, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

IMAGE = WordPress().image
SCRIPTS = ROOT / "services" / "wordpress"
ORDER = {"title": "Made by a test", "user": "admin", "email": "admin@sandbox.test", "password": "geheim"}
#: Loaded before the installation: at the first query that looks like that, this happens, or is asked instead.
CUT = """<?php
function cut(string $query): string
{
    static $is_done = false;
    if ($is_done || getenv('CUT_AT') === false || !preg_match('~' . getenv('CUT_AT') . '~', $query)) {
        return $query;
    }
    $is_done = true;
    if (getenv('CUT_BY') === 'kill -9') {
        posix_kill(getmypid(), 9);
    }
    if (getenv('CUT_BY') === 'lost connection') {
        (new mysqli(DB_HOST, DB_USER, DB_PASSWORD))->query('KILL ' . $GLOBALS['wpdb']->dbh->thread_id);
        return $query;
    }
    return getenv('CUT_BY');
}
$wp_filter['query'][5][] = ['function' => 'cut', 'accepted_args' => 1];
"""
UNMARKED = "DELETE FROM wp_options WHERE option_name = 'galera_swarm_installed'; "
WITHOUT_POSTS = "DELETE FROM wp_posts; DELETE FROM wp_comments; DELETE FROM wp_term_relationships; "
WITHOUT_CATEGORY = "DELETE FROM wp_terms; DELETE FROM wp_term_taxonomy; "
WITHOUT_ROLE = "DELETE FROM wp_usermeta WHERE meta_key = 'wp_capabilities'; "
WITHOUT_USER = "DELETE FROM wp_users; DELETE FROM wp_usermeta; "


@dataclass
class Site:
    """One replica, and the member that has its database."""

    members: Members
    replica: str

    def install(self, *, cut_at: str = "", by: str = "") -> dict[str, Any]:
        """What the installation says of itself, or `failed`."""
        cut = (f"--env=CUT_AT={cut_at}", f"--env=CUT_BY={by}") if cut_at else ()
        done = subprocess.run(
            [
                *("docker", "exec", "-i", *cut, "--user", "www-data", self.replica),
                *("php", "-d", "auto_prepend_file=/cut.php", "/opt/galera-swarm/install.php"),
            ],
            input=json.dumps(ORDER),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        last = (done.stdout.strip().splitlines() or [""])[-1]
        if done.returncode or not last.startswith("{"):
            return {"failed": done.stderr}
        found: dict[str, Any] = json.loads(last)
        return found

    def sql(self, statements: str) -> str:
        return self.members.root_client(1, f"USE wordpress; {statements}")

    def empty(self) -> None:
        self.members.root_client(1, "DROP DATABASE IF EXISTS wordpress; CREATE DATABASE wordpress")

    def rows(self) -> dict[str, str]:
        """How much is in each table that matters, whether there is an administrator, and the titles."""
        tables = ("users", "posts", "comments", "terms", "term_taxonomy", "term_relationships")
        found = {table: self.sql(f"SELECT COUNT(*) FROM wp_{table}") for table in tables}
        role = "SELECT meta_value FROM wp_usermeta WHERE meta_key = 'wp_capabilities'"
        blog = "SELECT option_value FROM wp_options WHERE option_name = 'blogname'"
        titles = "SELECT post_title FROM wp_posts ORDER BY ID"
        return found | {"role": self.sql(role), "blog": self.sql(blog), "titles": self.sql(titles)}


@pytest.fixture(scope="module")
def site(lasting: Members, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Its database is that of the test before."""
    build_image(IMAGE)
    lasting.born(1)
    lasting.root_client(
        1, "CREATE USER wordpress@'%' IDENTIFIED BY 'a-word'; GRANT ALL ON wordpress.* TO wordpress@'%'"
    )
    made = Site(lasting, f"{lasting.prefix}-wordpress")
    mounts = _files(tmp_path_factory.mktemp("site"), lasting.address(1))
    docker(
        *("run", "--detach", "--name", made.replica, "--network", lasting.prefix),
        *(f"--volume={source}:{target}:ro" for target, source in mounts.items()),
        IMAGE,
    )
    try:
        ready = "-e /var/www/html/wp-load.php -a -e /var/www/html/wp-settings.php"
        eventually(
            "WordPress", lambda: docker("exec", made.replica, "sh", "-c", f"[ {ready} ]; echo $?") == "0"
        )
        yield made
    finally:
        docker("rm", "--force", "--volumes", made.replica, check=False)


def _files(scratch: Path, database: str) -> dict[str, Path]:
    facts = {"database": "wordpress", "user": "wordpress", "host": database, "url": "http://site.test"}
    facts |= {"reachesOut": False, "uploads": "", "addresses": []}
    made = {"site.json": json.dumps(facts), "cut.php": CUT, "password": "a-word\n", "salt": "salt\n"}
    for name, text in made.items():
        (scratch / name).write_text(text)
    return {
        "/cut.php": scratch / "cut.php",
        "/opt/galera-swarm/install.php": SCRIPTS / "install.php",
        "/opt/galera-swarm/site.json": scratch / "site.json",
        "/var/www/html/wp-config.php": SCRIPTS / "wp-config.php",
        "/run/secrets/wordpress_database_password": scratch / "password",
        "/run/secrets/wordpress_salt": scratch / "salt",
    }


@pytest.fixture(scope="module")
def whole(site: Site) -> dict[str, str]:
    """The rows of an installation that nothing came between."""
    site.empty()
    assert site.install()["did"] == ["installed"]
    assert site.install()["did"] == [], "repeated, it changes nothing"
    return site.rows()


@pytest.mark.parametrize(
    ("cut_at", "by"),
    [
        ("CREATE TABLE wp_users", "kill -9"),
        ("CREATE TABLE wp_posts", "kill -9"),
        ("SET autocommit", "kill -9"),
        ("siteurl", "kill -9"),
        ("wp_user_roles", "kill -9"),
        ("INSERT INTO `wp_users`", "kill -9"),
        ("wp_capabilities", "kill -9"),
        ("INSERT INTO `wp_terms`", "kill -9"),
        ("Sample Page", "kill -9"),
        ("COMMIT", "kill -9"),
        ("INSERT INTO `wp_users`", "lost connection"),
        ("INSERT INTO `wp_users`", "ROLLBACK"),
        ("COMMIT", "ROLLBACK AND NO SUCH CLAUSE"),
    ],
)
def test_an_installation_that_is_cut_off_anywhere_is_begun_anew(
    site: Site, whole: dict[str, str], cut_at: str, by: str
) -> None:
    site.empty()
    assert "failed" in site.install(cut_at=cut_at, by=by)
    if "wp_options" in site.sql("SHOW TABLES"):
        assert site.sql("SELECT COUNT(*) FROM wp_options") == "0", "no visitor sees half a site"
    assert site.install()["did"] == ["installed"]
    assert site.rows() == whole


@pytest.mark.parametrize(
    "left",
    [
        WITHOUT_POSTS + WITHOUT_CATEGORY + WITHOUT_USER,
        WITHOUT_POSTS
        + WITHOUT_CATEGORY
        + WITHOUT_USER
        + "DELETE FROM wp_options WHERE option_name = 'wp_user_roles'",
        WITHOUT_POSTS + WITHOUT_CATEGORY + WITHOUT_ROLE,
        WITHOUT_POSTS + WITHOUT_CATEGORY,
        WITHOUT_POSTS + "DELETE FROM wp_term_taxonomy",
        WITHOUT_POSTS,
    ],
)
def test_what_an_earlier_version_left_unfinished_is_finished(
    site: Site, whole: dict[str, str], left: str
) -> None:
    site.empty()
    site.install()
    site.sql(UNMARKED + left)
    assert site.install()["did"] == ["installed"]
    assert site.rows() == whole


@pytest.mark.parametrize(
    "made",
    [
        "UPDATE wp_users SET user_login = 'somebody'",
        WITHOUT_USER,
        WITHOUT_POSTS + "INSERT INTO wp_terms (name, slug) VALUES ('Journeys', 'journeys')",
        WITHOUT_POSTS + "INSERT INTO wp_users (user_login) VALUES ('somebody')",
        "UPDATE wp_posts SET post_title = 'By hand'; UPDATE wp_options SET option_value = 'Ours' WHERE"
        " option_name = 'blogname'",
    ],
)
@pytest.mark.usefixtures("whole")
def test_a_site_that_somebody_made_is_left_as_it_is(site: Site, made: str) -> None:
    site.empty()
    site.install()
    site.sql(UNMARKED + made)
    before = site.rows()
    assert site.install()["did"] == ["found"]
    assert site.install()["did"] == []
    assert site.rows() == before


def test_content_without_its_options_is_refused(site: Site, whole: dict[str, str]) -> None:
    site.empty()
    site.install()
    site.sql("DROP TABLE wp_options")
    assert "has content, but lacks the site's options" in site.install()["failed"]
    assert site.sql("SELECT COUNT(*) FROM wp_posts") == whole["posts"]
    assert "wp_options" not in site.sql("SHOW TABLES")
