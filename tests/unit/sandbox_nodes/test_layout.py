"""Names and paths."""

from pathlib import Path

from sandbox.nodes.layout import Layout, checkout_layout


def test_the_id_follows_from_the_checkouts_real_path(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    assert Layout(real).sandbox_id == Layout(link).sandbox_id
    assert Layout(real).sandbox_id != Layout(tmp_path).sandbox_id


def test_everything_that_is_written_lies_below_the_state_directory(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    paths = [value for name in dir(Layout) if isinstance(value := getattr(layout, name, None), Path)]
    assert len(paths) > 10
    assert all(path == tmp_path or path.is_relative_to(tmp_path / ".sandbox") for path in paths)


def test_the_checkout_is_the_directory_above_the_package() -> None:
    assert (checkout_layout().checkout / "sandbox" / "nodes" / "layout.py").is_file()
