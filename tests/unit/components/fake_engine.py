"""An engine for the real program: records what is registered, and plans as the real one does.

Dynamic resources are checked and compared by their own providers, taken from where the program pickles
them; everything else by its inputs. A secret stays visible as a `Secret`, an unknown value as `UNKNOWN`.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN

from tests.unit.components import fake_plan
from tests.unit.components.fake_plan import Operation, RefusedError
from tests.unit.components.fake_run import ORGANIZATION, PROJECT, run_inside
from tests.unit.components.fake_wire import Secret, decoded, encoded, marked, opened
from tests.unit.components.fake_world import World


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


class FakeEngine(mocks.MockMonitor):
    """One run of the program, as a first deployment or after another run.

    targets: types of resources to which the run is restricted; of others, those that are there stay as they
    are, unasked.
    """

    def __init__(
        self,
        world: World,
        previous: "FakeEngine | None",
        *,
        preview: bool,
        stack: str,
        targets: frozenset[str] | None = None,
    ) -> None:
        super().__init__(_NoMocks())
        self.targets = targets
        self.world, self.previous, self.preview, self.stack = world, previous, preview, stack
        self.registered: dict[str, Registration] = {}
        self.shown: dict[str, dict[str, Any]] = {}
        """What components, and the stack itself, give out."""
        self._before: dict[str, frozenset[str]] = {}
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
        if one.urn not in self._before:
            ahead = [self.registered[urn] for urn in one.dependencies if urn in self.registered]
            self._before[one.urn] = one.dependencies.union(*(self.before(other) for other in ahead))
        return self._before[one.urn]

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
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made.id, object=encoded(made.outputs))

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
        return resource_pb2.ReadResourceResponse(urn=urn, properties=encoded(state))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Note what a component gives out."""
        is_stack = request.urn.split("::")[2] == "pulumi:pulumi:Stack"
        with self._lock:
            self.shown["" if is_stack else request.urn] = decoded(request.outputs)
        return empty_pb2.Empty()

    def _urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.split("::")[2] if parent else ""
        within = "" if chain in ("", "pulumi:pulumi:Stack") else f"{chain}$"
        return f"urn:pulumi:{self.stack}::{PROJECT}::{within}{type_}::{name}"

    def _planned(self, urn: str, request: Any) -> Registration:
        inputs = decoded(request.object)
        prior = self.previous.registered.get(urn) if self.previous else None
        provider = fake_plan.provider(inputs)
        ignored = tuple(request.ignoreChanges)
        operation: Operation = "same"
        if prior and self.targets is not None and request.type not in self.targets:
            checked = prior.checked
        else:
            checked = fake_plan.checked(provider, prior, opened(inputs), urn)
            operation = fake_plan.operation(provider, prior, checked, request.type, ignored)
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
            outputs=marked(outputs, secrets),
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
    targets: frozenset[str] | None = None,
) -> FakeEngine:
    """Run a program to its end, after `previous` if that is given.

    Raises whatever the program raises, and RefusedError.
    """
    engine = FakeEngine(world or World(), previous, preview=preview, stack=stack, targets=targets)
    run_inside(program, engine, stack, preview=preview)
    return engine


class _NoMocks(mocks.Mocks):
    """This program calls no functions of providers."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise AssertionError(args.typ)
