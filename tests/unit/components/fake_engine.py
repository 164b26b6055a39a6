"""An engine for the real program: records what is registered, and plans as the real one does.

Dynamic resources are checked and compared by their own providers, taken from where the program pickles
them; everything else by its inputs. A secret stays visible as a `Secret`, an unknown value as `UNKNOWN`.
"""

import asyncio
import base64
import contextvars
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import dill
from google.protobuf import empty_pb2, struct_pb2
from pulumi.dynamic import DiffResult, ResourceProvider
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import configure, set_root_resource
from pulumi.runtime.stack import run_in_stack

from tests.unit.components.fake_world import World

PROJECT, ORGANIZATION = "galera-swarm", "organization"

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"

Operation = Literal["create", "same", "update", "replace"]


@dataclass(frozen=True)
class Secret:
    """A value that travels as a secret."""

    value: Any


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program declared it, and what the engine made of it.

    inputs: with `Secret` where a value travels as one. checked: plain, after the provider's `check`.
    dependencies: URNs that had to be there before it, its parent and its provider among them.
    property_dependencies: input to the URNs that its value came from.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    checked: dict[str, Any]
    outputs: dict[str, Any]
    id: str
    dependencies: frozenset[str]
    property_dependencies: dict[str, frozenset[str]]
    provider: str
    protect: bool
    delete_before_replace: bool | None
    ignore_changes: tuple[str, ...]
    operation: Operation
    provider_instance: ResourceProvider | None = field(repr=False)

    @property
    def plain(self) -> dict[str, Any]:
        """The inputs with the secrets' values in their places, and without the pickled provider."""
        value = opened(self.inputs)
        return {key: item for key, item in value.items() if key != "__provider"}


class RefusedError(Exception):
    """A provider's `check` did not accept what the program declared."""


class FakeEngine(mocks.MockMonitor):
    """One run of the program, as a first deployment or after another run."""

    def __init__(self, world: World, previous: "FakeEngine | None", *, preview: bool, stack: str) -> None:
        super().__init__(_NoMocks())
        self.world, self.previous, self.preview, self.stack = world, previous, preview, stack
        self.registered: dict[str, Registration] = {}
        self.shown: dict[str, dict[str, Any]] = {}
        """What components, and the stack itself, give out."""
        self._lock = threading.Lock()

    def __getitem__(self, key: tuple[str, str]) -> Registration:
        """The one resource of that type and name."""
        found = [one for one in self.registered.values() if (one.type, one.name) == key]
        assert len(found) == 1, f"{len(found)} resources {key}"
        return found[0]

    def of_type(self, *types: str) -> list[Registration]:
        """All resources of these types, by name."""
        found = [one for one in self.registered.values() if one.type in types]
        return sorted(found, key=lambda one: one.name)

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return self.shown[""]

    @property
    def operations(self) -> dict[str, str]:
        """What is done to each resource behind which a provider stands, by `<type> <name>`."""
        done = {
            f"{one.type} {one.name}": str(one.operation) for one in self.registered.values() if one.custom
        }
        if self.previous is not None:
            before = self.previous.registered.items()
            gone = [one for urn, one in before if urn not in self.registered and one.custom]
            done |= {f"{one.type} {one.name}": "delete" for one in gone}
        return done

    def before(self, one: Registration) -> frozenset[str]:
        """URNs of everything that has to be finished before this resource is touched."""
        seen: set[str] = set()
        ahead = [one.urn]
        while ahead:
            found = self.registered.get(ahead.pop())
            if found is not None:
                ahead += found.dependencies - seen
                seen |= found.dependencies
        return frozenset(seen)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 -- the engine's protocol
        """Declare: check, plan, and answer with the outputs."""
        urn = self._urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        made = self._planned(urn, request)
        with self._lock:
            if urn in self.registered:
                said = f"{urn} is declared twice"
                raise RefusedError(said)
            self.registered[urn] = made
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made.id, object=_encoded(made.outputs))

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """A stack's reference to itself: what the last run gave out."""
        assert request.type == "pulumi:pulumi:StackReference", request.type
        assert request.id == f"{ORGANIZATION}/{PROJECT}/{self.stack}"
        known = self.previous.outputs if self.previous else {}
        state = {
            "name": request.id,
            "outputs": known,
            "secretOutputNames": [key for key, value in known.items() if isinstance(value, Secret)],
        }
        urn = self._urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=_encoded(state))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Note what a component gives out."""
        is_stack = request.urn.split("::")[2] == "pulumi:pulumi:Stack"
        with self._lock:
            self.shown["" if is_stack else request.urn] = _decoded(request.outputs)
        return empty_pb2.Empty()

    def _urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.split("::")[2] if parent else ""
        within = "" if chain in ("", "pulumi:pulumi:Stack") else f"{chain}$"
        return f"urn:pulumi:{self.stack}::{PROJECT}::{within}{type_}::{name}"

    def _planned(self, urn: str, request: Any) -> Registration:
        inputs = _decoded(request.object)
        prior = self.previous.registered.get(urn) if self.previous else None
        provider = _provider(inputs)
        checked = _checked(provider, prior, opened(inputs), urn)
        ignored = tuple(request.ignoreChanges)
        operation = _operation(provider, prior, checked, request.type, ignored)
        names = set(request.additionalSecretOutputs)
        secrets = {**dict.fromkeys(names, Secret(None)), **inputs}
        outputs, id_ = self._outcome(request, checked, prior, operation)
        edges = {*request.dependencies, request.parent, request.provider.rpartition("::")[0]}
        return Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=inputs,
            checked=checked,
            outputs=_marked(outputs, secrets),
            id=id_,
            dependencies=frozenset(edges - {""}),
            property_dependencies={
                key: frozenset(value.urns) for key, value in request.propertyDependencies.items()
            },
            provider=request.provider.rpartition("::")[0],
            protect=request.protect,
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=ignored,
            operation=operation,
            provider_instance=provider,
        )

    def _outcome(
        self, request: Any, checked: Mapping[str, Any], prior: Registration | None, operation: Operation
    ) -> tuple[dict[str, Any], str]:
        """Outputs and id. In a preview nobody can know what an act that has not happened gives."""
        if not request.custom:
            return {}, ""
        if operation == "same" and prior is not None:
            return opened(prior.outputs), prior.id
        id_, invented = self.world.made(request.type, request.name, checked)
        if not self.preview:
            # Replaced is another one: also where this world would call it by the same id.
            return {**checked, **invented}, f"{id_}-again" if operation == "replace" else id_
        if operation == "update" and prior is not None:
            return dict(checked), prior.id
        is_provider = request.type.startswith("pulumi:providers:")
        return dict(checked), UNKNOWN if is_provider else ""


def run(
    program: Callable[[], None],
    *,
    world: World | None = None,
    previous: FakeEngine | None = None,
    preview: bool = False,
    stack: str = "dev",
) -> FakeEngine:
    """Run a program to its end, after `previous` if that is given.

    Raises whatever the program raises, and RefusedError.
    """
    engine = FakeEngine(world or World(), previous, preview=preview, stack=stack)

    def inside() -> None:
        settings = mocks.MockSettings(
            monitor=engine,
            engine=mocks.MockEngine(None),
            project=PROJECT,
            stack=stack,
            dry_run=preview,
            organization=ORGANIZATION,
            feature_support={},
            package_refs={},
            outputs=set(),
        )
        configure(settings)
        set_root_resource(None)  # type: ignore[arg-type]
        asyncio.run(run_in_stack(program))  # type: ignore[arg-type]

    with _pickler_as_it_was():
        contextvars.copy_context().run(inside)
    return engine


def opened(value: Any) -> Any:
    """The same with every secret's value in its place."""
    if isinstance(value, Secret):
        return opened(value.value)
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [opened(item) for item in value]
    return value


@contextmanager
def _pickler_as_it_was() -> Iterator[None]:
    """The SDK wraps the pickler once more for each dynamic resource and leaves it so.

    That is no matter in one program, but many in one process would end in a RecursionError.
    """
    original = pickle._Pickler._batch_setitems  # type: ignore[attr-defined]
    try:
        yield
    finally:
        pickle._Pickler._batch_setitems = original  # type: ignore[attr-defined]


class _NoMocks(mocks.Mocks):
    """This program calls no functions of providers."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise AssertionError(args.typ)


def _decoded(value: Any) -> Any:
    if isinstance(value, struct_pb2.Struct):
        fields = {key: _decoded(item) for key, item in value.items()}
        if fields.get(_SIGNATURE) == _SECRET_SIGNATURE:
            return Secret(fields["value"])
        # None does not travel.
        return {key: item for key, item in fields.items() if item is not None}
    if isinstance(value, struct_pb2.ListValue):
        return [_decoded(item) for item in value]
    return value


def _encoded(value: Mapping[str, Any]) -> struct_pb2.Struct:
    def plain(part: Any) -> Any:
        if isinstance(part, Secret):
            return {_SIGNATURE: _SECRET_SIGNATURE, "value": plain(part.value)}
        if isinstance(part, Mapping):
            return {key: plain(item) for key, item in part.items()}
        if isinstance(part, list | tuple):
            return [plain(item) for item in part]
        return part

    made = struct_pb2.Struct()
    made.update(plain(value))
    return made


def _marked(value: Any, pattern: Any) -> Any:
    """The engine keeps secret in the outputs what was secret in the inputs of the same name."""
    if isinstance(pattern, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {key: _marked(item, pattern.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(pattern, list) and len(value) == len(pattern):
        return [_marked(item, part) for item, part in zip(value, pattern, strict=True)]
    return value


def _provider(inputs: Mapping[str, Any]) -> ResourceProvider | None:
    pickled = inputs.get("__provider")
    if pickled is None:
        return None
    assert isinstance(pickled, str), "a provider holds a secret"
    provider = dill.loads(base64.b64decode(pickled))  # noqa: S301 -- as the dynamic provider's host does
    assert isinstance(provider, ResourceProvider)
    return provider


def _checked(
    provider: ResourceProvider | None, prior: Registration | None, inputs: dict[str, Any], urn: str
) -> dict[str, Any]:
    if provider is None:
        return inputs
    result = provider.check(dict(prior.checked) if prior else {}, dict(inputs))
    if result.failures:
        raise RefusedError(f"{urn}: " + "; ".join(failure.reason for failure in result.failures))
    return result.inputs


def _operation(
    provider: ResourceProvider | None,
    prior: Registration | None,
    new: Mapping[str, Any],
    type_: str,
    ignored: tuple[str, ...],
) -> Operation:
    if prior is None:
        return "create"
    differing = {key for key in {*prior.checked, *new} if prior.checked.get(key) != new.get(key)} - {*ignored}
    if provider is None:
        if differing & _REPLACING.get(type_, set()):
            return "replace"
        return "update" if differing else "same"
    olds = opened(prior.outputs)
    found: DiffResult = provider.diff(prior.id, olds, dict(new))
    if found.replaces:
        return "replace"
    return "update" if (differing if found.changes is None else found.changes) else "same"


_REPLACING: Mapping[str, set[str]] = {
    "docker:index/serviceConfig:ServiceConfig": {"name", "data"},
    "docker:index/secret:Secret": {"name", "data", "labels"},
    "docker:index/network:Network": {"name", "driver", "ipamConfigs", "ipamDriver", "options", "attachable"},
    "docker:index/service:Service": {"name"},
    "command:remote:Command": {"triggers"},
}
"""Inputs whose change makes another object of what no provider of ours stands behind."""
