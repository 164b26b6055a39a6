"""The program, run inside the SDK in this process, as fast as the SDK can.

What the SDK does for the sake of a real engine on the other end of a wire is cut short: no thread for each
call, no stack trace with each resource, one pickling of each provider's class, one wait for all that is
outstanding in place of one for each, no search for unknown values where there are none.
"""

import asyncio
import contextvars
import gc
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any
from unittest import mock

import pulumi
from pulumi import output
from pulumi.dynamic import ResourceProvider, dynamic
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import mocks, resource, rpc, stack
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS, _get_rpc_manager, configure, set_root_resource
from pulumi.runtime.stack import run_in_stack

PROJECT, ORGANIZATION = "galera-swarm", "organization"


def run_inside(
    program: Callable[[], None], monitor: mocks.MockMonitor, stack_name: str, *, preview: bool
) -> None:
    """Run a program to its end against this monitor. Raises whatever the program raises."""

    outstanding: set[asyncio.Future[Any]] = set()

    def inside() -> None:
        settings = mocks.MockSettings(
            monitor=monitor,
            engine=mocks.MockEngine(None),
            project=PROJECT,
            stack=stack_name,
            dry_run=preview,
            organization=ORGANIZATION,
            feature_support={},
            package_refs={},
            outputs=outstanding,
        )
        configure(settings)
        set_root_resource(None)  # type: ignore[arg-type]
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(run_in_stack(program))  # type: ignore[arg-type]

    with _pickler_as_it_was(), _no_collection(), _shortened(outstanding, preview=preview):
        contextvars.copy_context().run(inside)


class _Loop(asyncio.SelectorEventLoop):
    """Calls what it is given to run beside it at once: everything here answers without waiting."""

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as exc:  # noqa: BLE001 -- whoever awaits it gets it
            done.set_exception(exc)
        return done


@contextmanager
def _shortened(outstanding: "set[asyncio.Future[Any]]", *, preview: bool) -> Iterator[None]:
    def track(made: pulumi.Output[Any]) -> None:
        outstanding.add(made._data)

    with (
        mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace),
        mock.patch.object(stack, "wait_for_rpcs", _wait_for_all),
        mock.patch.object(dynamic, "serialize_provider", _pickled),
        mock.patch.object(pulumi.Output, "_track", track),
        nullcontext() if preview else _all_is_known(),
    ):
        yield


@contextmanager
def _all_is_known() -> Iterator[None]:
    """Only a preview has unknown values: where there is none, every value is not searched for one."""
    with (
        mock.patch.object(rpc, "contains_unknowns", _contains_none),
        mock.patch.object(output, "contains_unknowns", _contains_none),
    ):
        yield


def _contains_none(_value: Any) -> bool:
    return False


def _pickled(provider: ResourceProvider) -> str:
    """Providers without anything of their own differ by their class only."""
    return serialize_provider(provider) if vars(provider) else _pickled_class(type(provider))


@cache
def _pickled_class(of: type[ResourceProvider]) -> str:
    return serialize_provider(of())


async def _wait_for_all() -> None:
    """Until no registration and no output is outstanding, or one has failed."""
    registering = _get_rpc_manager()
    while True:
        while registering.rpcs:
            await registering.rpcs.pop()
        if registering.unhandled_exception is not None:
            raise registering.unhandled_exception
        outstanding: list[asyncio.Future[Any]] = list(SETTINGS.outputs)
        SETTINGS.outputs.clear()
        for one in outstanding:
            if one.done():
                one.result()
        if outstanding:
            await asyncio.gather(*(one for one in outstanding if not one.done()))
        elif not registering.rpcs:
            return


@contextmanager
def _no_collection() -> Iterator[None]:
    """What a run leaves is kept to be looked at: to search it for garbage again and again finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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
