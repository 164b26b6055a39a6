"""Uploads on S3 in the WordPress image itself: what the plugin is told, and what happens without it.

The plugin is a fake here, since neither it nor a bucket can be had on this machine; it notes what it is told.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from settings.model.wordpress import WordPress
from tests.e2e.cloud import build_image
from tests.e2e.stack import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

IMAGE = WordPress().image
SCRIPTS = ROOT / "services" / "wordpress"
SITE: dict[str, Any] = {
    "addresses": ["10.0.0.1:8080"],
    "database": "wordpress",
    "host": "load-balancer:6446",
    "reachesOut": True,
    "uploads": "",
    "url": "",
    "user": "wordpress",
    "s3": {
        "accessKey": "AKIA",
        "acl": "private",
        "bucket": "media/blog",
        "endpoint": "https://s3.example.com",
        "publicUrl": "https://cdn.example.com",
        "region": "eu-de",
    },
}
#: As much of WordPress as the files that are tested speak to; it tells what came of them.
FAKE_WORDPRESS = """<?php
define('WP_CONTENT_DIR', '/var/www/html/wp-content');
$hooks = [];
function add_filter($name, $what, $priority = 10) { $GLOBALS['hooks'][$name][$priority][] = $what; }
function apply_filters($name, $value) {
    $of = $GLOBALS['hooks'][$name] ?? [];
    ksort($of);
    foreach (array_merge(...$of) as $what) { $value = $what($value); }
    return $value;
}
require WP_CONTENT_DIR . '/mu-plugins/uploads-on-s3.php';
$is_ours = fn ($name) => str_starts_with($name, 'S3_');
$upload = ['path' => '/var/www/html/wp-content/uploads', 'error' => false];
echo json_encode([
    'told' => array_filter(get_defined_constants(true)['user'], $is_ours, ARRAY_FILTER_USE_KEY),
    'client' => apply_filters('s3_uploads_s3_client_params', ['version' => 'latest']),
    'uploads' => apply_filters('upload_dir', $upload),
]);
"""
FAKE_PLUGIN = """<?php
add_filter('upload_dir', fn ($where) => ['path' => 's3://' . S3_UPLOADS_BUCKET . '/uploads'] + $where);
"""


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    build_image(IMAGE)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A fake of the plugin, as an image would have it."""
    place = tmp_path / "s3-uploads"
    (place / "vendor").mkdir(parents=True)
    (place / "vendor" / "autoload.php").write_text("<?php\n")
    (place / "s3-uploads.php").write_text(FAKE_PLUGIN)
    return place


def run(tmp_path: Path, *command: str, plugin: Path | None, at: str) -> subprocess.CompletedProcess[str]:
    """A command in the image, with the files that the program mounts; `at` is where the plugin lies."""
    (tmp_path / "site.json").write_text(json.dumps(SITE))
    (tmp_path / "wp-settings.php").write_text(FAKE_WORDPRESS)
    (tmp_path / "secret").write_text("hush-hush\n")
    mounts = {
        tmp_path / "site.json": "/opt/galera-swarm/site.json",
        tmp_path / "wp-settings.php": "/fake/wp-settings.php",
        SCRIPTS / "start": "/opt/galera-swarm/start",
        SCRIPTS / "wp-config.php": "/var/www/html/wp-config.php",
        SCRIPTS / "uploads-on-s3.php": "/var/www/html/wp-content/mu-plugins/uploads-on-s3.php",
        **({plugin: at} if plugin else {}),
    }
    secrets = ("database_password", "salt", "s3_secret_key")
    volumes = [f"--volume={source}:{target}:ro" for source, target in mounts.items()]
    volumes += [f"--volume={tmp_path / 'secret'}:/run/secrets/wordpress_{name}:ro" for name in secrets]
    return subprocess.run(
        ["docker", "run", "--rm", *volumes, "--entrypoint", command[0], IMAGE, *command[1:]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def loaded(tmp_path: Path, plugin: Path | None) -> dict[str, Any]:
    """What WordPress would see after wp-config.php and our plugin."""
    code = "define('ABSPATH', '/fake/'); require '/var/www/html/wp-config.php';"
    done = run(tmp_path, "php", "-r", code, plugin=plugin, at="/var/www/html/wp-content/plugins/s3-uploads")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def test_the_plugin_is_told_bucket_key_and_store(tmp_path: Path, plugin: Path) -> None:
    seen = loaded(tmp_path, plugin)
    assert seen["told"] == {
        "S3_UPLOADS_BUCKET": "media/blog",
        "S3_UPLOADS_REGION": "eu-de",
        "S3_UPLOADS_KEY": "AKIA",
        "S3_UPLOADS_SECRET": "hush-hush",
        "S3_UPLOADS_BUCKET_URL": "https://cdn.example.com",
        "S3_UPLOADS_OBJECT_ACL": "private",
    }
    assert seen["client"] == {
        "version": "latest",
        "endpoint": "https://s3.example.com",
        "use_path_style_endpoint": True,
    }
    assert seen["uploads"] == {"path": "s3://media/blog/uploads", "error": False}


def test_without_a_plugin_that_works_nothing_is_kept_in_the_container(tmp_path: Path) -> None:
    assert "does not work" in loaded(tmp_path, None)["uploads"]["error"]


def test_an_image_without_the_plugin_does_not_start(tmp_path: Path) -> None:
    done = run(tmp_path, "/opt/galera-swarm/start", plugin=None, at="")
    assert done.returncode == 1
    assert "this image has no /usr/src/wordpress/wp-content/plugins/s3-uploads" in done.stderr
