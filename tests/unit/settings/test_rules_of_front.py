"""Each rule of the load balancer and the site, what is let through, and what is only warned of."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.config import assert_refused, problems_of, sound, spoil

BALANCER = {"loadBalancer.enabled": True}
SITE = {
    **BALANCER,
    "wordpress.enabled": True,
    "wordpress.adminEmail": "a@example.com",
    "wordpress.uploads.kind": "volume",
}
S3 = {
    "kind": "s3",
    "s3Bucket": "media/blog",
    "s3Region": "eu-de",
    "s3AccessKey": "AKIA",
    "s3SecretKey": "hush-hush",
}
OWN_IMAGE = {"wordpress.image": "registry.example.com/blog:1"}
NFS = {"kind": "nfs", "nfsServer": "files.example.com", "nfsPath": "/export"}

# What is changed in the sound configuration, the key that is named, and words that must be in the sentence.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "same port twice",
        {**BALANCER, "loadBalancer.readerPort": 6446},
        "loadBalancer.readerPort",
        "is the port of loadBalancer.writerPort",
    ),
    (
        "the database's port",
        {**BALANCER, "loadBalancer.writerPort": 3306},
        "loadBalancer.writerPort",
        "is the port of database.port",
    ),
    ("a port of the swarm", {**BALANCER, "loadBalancer.statsPort": 7946}, "loadBalancer.statsPort", "gossip"),
    ("privileged port", {**BALANCER, "loadBalancer.statsPort": 80}, "loadBalancer.statsPort", "from 1024"),
    *(
        (f"HAProxy {image}", {**BALANCER, "loadBalancer.image": image}, "loadBalancer.image", words)
        for image, words in (
            ("haproxy:1.8", "2.6 or newer"),
            ("haproxy:2.5", "2.6 or newer"),
            ("registry.example.com:5000/haproxy:2.4.22", "2.6 or newer"),
            ("haproxy:2.6-alpine", "no bash"),
            ("haproxy:lts-alpine3.21", "no bash"),
            ("docker.io/library/haproxy:alpine", "no bash"),
            (f"haproxy:3.0.8-alpine@sha256:{'0' * 64}", "no bash"),
        )
    ),
    *(
        (f"WordPress {image}", {**SITE, "wordpress.image": image}, "wordpress.image", "variant with Apache")
        for image in (
            "wordpress:6.8-fpm",
            "wordpress:6.8-php8.3-fpm-alpine",
            "wordpress:fpm",
            "wordpress:cli-php8.3",
            "docker.io/library/wordpress:cli",
            f"wordpress:6.8-fpm@sha256:{'0' * 64}",
        )
    ),
    *(
        (f"the site's user {name}", {**SITE, "wordpress.database": name}, "wordpress.database", "account")
        for name in ("root", "Root", "public", "galera_swarm_monitor", "Galera_Swarm")
    ),
    (
        "a user too long for Percona",
        {**SITE, "database.flavor": "percona-xtradb-cluster", "wordpress.database": "w" * 33},
        "wordpress.database",
        "32 characters",
    ),
    (
        "no such door",
        {**BALANCER, "loadBalancer.public": ["sql"]},
        "loadBalancer.public[0]",
        "one of writer, reader, stats",
    ),
    (
        "door named twice",
        {**BALANCER, "loadBalancer.public": ["reader", "reader"]},
        "loadBalancer.public[1]",
        "twice",
    ),
    (
        "password of two words",
        {**BALANCER, "loadBalancer.statsPassword": "geheim geheim"},
        "loadBalancer.statsPassword",
        "8 or more letters",
    ),
    (
        "site without load balancer",
        {**SITE, "loadBalancer.enabled": False},
        "wordpress.enabled",
        "needs the load balancer",
    ),
    ("one replica", {**SITE, "wordpress.replicas": 1}, "wordpress.replicas", "from 2 to 50"),
    ("the writer's port", {**SITE, "wordpress.port": 6446}, "wordpress.port", "loadBalancer.writerPort"),
    ("site with a path", {**SITE, "wordpress.url": "https://a.example/blog"}, "wordpress.url", "http://"),
    ("site without scheme", {**SITE, "wordpress.url": "blog.example.com"}, "wordpress.url", "https://"),
    ("no mail address", {**SITE, "wordpress.adminEmail": "admin"}, "wordpress.adminEmail", "mail address"),
    ("no administrator", {**SITE, "wordpress.adminUser": ""}, "wordpress.adminUser", "60 at most"),
    ("short password", {**SITE, "wordpress.adminPassword": "geheim"}, "wordpress.adminPassword", "12"),
    ("system database", {**SITE, "wordpress.database": "mysql"}, "wordpress.database", "server's own"),
    ("somebody's database", {**SITE, "wordpress.database": "shop"}, "wordpress.database", "section database"),
    (
        "no place for uploads",
        {**SITE, "wordpress.uploads": {}},
        "wordpress.uploads.kind",
        "has to be chosen",
    ),
    (
        "unknown place",
        {**SITE, "wordpress.uploads.kind": "ftp"},
        "wordpress.uploads.kind",
        "volume, nfs, s3",
    ),
    (
        "uploads on no server",
        {**SITE, "wordpress.uploads.server": "db-9"},
        "wordpress.uploads.server",
        "db-1 to db-3",
    ),
    (
        "NFS without a server",
        {**SITE, "wordpress.uploads": {**NFS, "nfsServer": ""}},
        "wordpress.uploads.nfsServer",
        "NFS server",
    ),
    (
        "NFS without a directory",
        {**SITE, "wordpress.uploads": {**NFS, "nfsPath": "export"}},
        "wordpress.uploads.nfsPath",
        "beginning with /",
    ),
    *(
        (
            f"S3: {key} {value}",
            {**SITE, **OWN_IMAGE, "wordpress.uploads": {**S3, key: value}},
            f"wordpress.uploads.{key}",
            words,
        )
        for key, value, words in (
            ("s3Bucket", "Media", "bucket's name"),
            ("s3Bucket", "", "bucket's name"),
            ("s3Region", "", "bucket's region"),
            ("s3AccessKey", "", "access key"),
            ("s3SecretKey", " ", "is missing"),
            ("s3Endpoint", "s3.example.com", "http"),
            ("s3Endpoint", "https://s3.example.com/", "without a /"),
            ("s3PublicUrl", "cdn", "http"),
            ("s3Acl", "public", "public-read"),
        )
    ),
    ("stock image for S3", {**SITE, "wordpress.uploads": S3}, "wordpress.image", "plugin S3 Uploads"),
]


@pytest.mark.parametrize(
    ("changes", "key", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses(changes: dict[str, Any], key: str, words: str, tmp_path: Path) -> None:
    assert_refused(changes, key, words, tmp_path)


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("loadBalancer.image", "haproxy:2.6"),
        ("loadBalancer.image", "haproxy:2.10-bookworm"),
        ("loadBalancer.image", "haproxy:lts"),
        ("loadBalancer.image", "registry.example.com/balancer:2.4-alpine"),
        ("wordpress.image", "wordpress:6.8-php8.3-apache"),
        ("wordpress.image", "wordpress:6.8"),
        ("wordpress.image", "registry.example.com/click-cli/blog:1-fpm"),
    ],
)
def test_another_image_is_let_through(key: str, image: str) -> None:
    assert sound(spoil({**SITE, key: image})).warnings == ()


def test_ports_of_what_is_off_are_nobodys() -> None:
    assert sound(spoil({"loadBalancer.writerPort": 3306})).load_balancer.public_ports == ()


def test_a_door_to_the_world_is_worth_a_word() -> None:
    (warning,) = problems_of(spoil({**BALANCER, "loadBalancer.public": ["reader"]}))
    assert (warning.severity, warning.key) == ("warning", "loadBalancer.public[0]")
    assert "whole internet" in warning.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "without TLS"), ({"servers.privateOnly": True, "cloud.sshOver": "private"}, "has no effect")],
)
def test_a_site_open_to_the_world_is_worth_a_word(changes: dict[str, Any], words: str) -> None:
    found = problems_of(spoil({**SITE, "wordpress.public": True, **changes}))
    (warning,) = [one for one in found if one.key == "wordpress.public"]
    assert warning.severity == "warning"
    assert words in warning.text
    assert not [one for one in found if one.severity == "error"]


def test_leave_to_start_empty_is_worth_a_word() -> None:
    (warning,) = problems_of(spoil({**SITE, "wordpress.uploads.startEmpty": True}))
    assert (warning.severity, warning.key) == ("warning", "wordpress.uploads.startEmpty")
    assert "take it out" in warning.text


def test_its_image_is_brought_to_the_servers_where_it_is_on() -> None:
    assert sound(spoil(BALANCER)).images[1:] == ("haproxy:2.6",)
    assert "haproxy:2.6" not in sound().images


def test_a_site_is_let_through_and_its_image_brought_to_the_servers() -> None:
    settings = sound(spoil(SITE))
    assert settings.images[1:] == ("haproxy:2.6", "wordpress:6.1-apache")
    assert sound(spoil({**SITE, "wordpress.uploads": NFS})).wordpress.uploads.kind == "nfs"
    assert sound(spoil({**SITE, "wordpress.url": "https://blog.example.com:8443"})).wordpress.url


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({}, "https://media.s3.eu-de.amazonaws.com/blog"),
        ({"s3Bucket": "media"}, "https://media.s3.eu-de.amazonaws.com"),
        ({"s3Endpoint": "https://s3.example.com:9000"}, "https://s3.example.com:9000/media/blog"),
        ({"s3PublicUrl": "https://cdn.example.com"}, "https://cdn.example.com"),
    ],
)
def test_a_bucket_is_let_through_and_found_by_browsers(more: dict[str, str], url: str) -> None:
    settings = sound(spoil({**SITE, **OWN_IMAGE, "wordpress.uploads": {**S3, **more}}))
    assert settings.wordpress.uploads.public_url == url
