"""The program, run inside the SDK in this process, as fast as the SDK can.

What the SDK does for the sake of a real engine on the other end of a wire is cut short: no thread for each
call, no stack trace with each resource, one pickling of each provider's class, one wait for all that is
outstanding in place of one for each.
"""

import asyncio
import contextvars
import gc
import pickle
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

from pulumi.dynamic import ResourceProvider, dynamic
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import mocks, resource, stack
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS, _get_rpc_manager, configure, set_root_resource
from pulumi.runtime.stack import run_in_stack

PROJECT, ORGANIZATION = "galera-swarm", "organization"


def run_inside(
    program: Callable[[], None], monitor: mocks.MockMonitor, stack_name: str, *, preview: bool
) -> None:
    """Run a program to its end against this monitor. Raises whatever the program raises."""

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
            outputs=set(),
        )
        configure(settings)
        set_root_resource(None)  # type: ignore[arg-type]
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(run_in_stack(program))  # type: ignore[arg-type]

    with _pickler_as_it_was(), _no_collection(), _shortened():
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
def _shortened() -> Iterator[None]:
    with (
        mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace),
        mock.patch.object(stack, "wait_for_rpcs", _wait_for_all),
        mock.patch.object(dynamic, "serialize_provider", _pickled),
    ):
        yield


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
        outstanding: list[Awaitable[Any]] = list(SETTINGS.outputs)
        SETTINGS.outputs.clear()
        if outstanding:
            await asyncio.gather(*outstanding)
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
