"""Python's account of the imports, read."""

from bench.import_time import heaviest, imports_of, total

LOG = """\
import time: self [us] | cumulative | imported package
import time:       300 |        300 |     pulumi.runtime
import time:       200 |        500 |   pulumi
import time:      1000 |       1500 | components.stack
import time:       250 |        250 | settings
""".splitlines()


def test_only_the_top_level_is_added_up() -> None:
    assert total(LOG) == 0.00175


def test_the_heaviest_packages_come_first_with_their_own_time() -> None:
    assert heaviest(LOG, 2) == ["components 0.00 s", "pulumi 0.00 s"]


def test_the_imports_of_a_module_are_taken_without_its_deeds() -> None:
    source = '"""Doc."""\nimport os\nfrom a.b import c as d\nx = os.getcwd()\nd(x)\n'
    assert imports_of(source) == "import os\nfrom a.b import c as d"
