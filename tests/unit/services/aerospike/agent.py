"""The discovery agent as a module, with the protocol's file beside it as in its container."""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = ROOT / "services" / "aerospike" / "discovery"
PROTOCOL = ROOT / "providers" / "aerospike" / "info_protocol.py"


@contextmanager
def loaded() -> Iterator[ModuleType]:
    """The script as a module, while the block runs."""
    sys.path.insert(0, str(PROTOCOL.parent))
    writes = sys.dont_write_bytecode
    try:
        loader = importlib.machinery.SourceFileLoader("discovery", str(SCRIPT))
        spec = importlib.util.spec_from_loader("discovery", loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["discovery"] = module
        loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(PROTOCOL.parent))
        sys.modules.pop("discovery", None)
        sys.modules.pop("info_protocol", None)
        sys.dont_write_bytecode = writes
