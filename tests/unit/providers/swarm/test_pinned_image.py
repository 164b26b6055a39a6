"""A tag becomes the digest of its own repository, and of no other."""

import pytest

from providers.swarm.pinned_image import pinned

DIGEST = "sha256:" + "f" * 64


@pytest.mark.parametrize(
    ("image", "known", "reference"),
    [
        ("mariadb:10.11", [f"mariadb@{DIGEST}"], f"mariadb:10.11@{DIGEST}"),
        ("mariadb", [f"docker.io/library/mariadb@{DIGEST}"], f"mariadb@{DIGEST}"),
        ("registry.local:5000/db/mariadb:11", [f"registry.local:5000/db/mariadb@{DIGEST}"], None),
        ("mariadb:10.11", [f"registry.local:5000/mariadb@{DIGEST}"], "mariadb:10.11"),
        ("mariadb:10.11", [], "mariadb:10.11"),
        (f"mariadb:10.11@{DIGEST}", [f"mariadb@sha256:{'0' * 64}"], f"mariadb:10.11@{DIGEST}"),
    ],
)
def test_the_reference_that_services_run(image: str, known: list[str], reference: str | None) -> None:
    assert pinned(image, known) == (reference or f"{image}@{DIGEST}")
