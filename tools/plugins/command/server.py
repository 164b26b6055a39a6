"""The gRPC face of the plugin: the engine's calls, each in its own thread, so that commands run abreast."""

# ruff: noqa: N802 - the protocol names the methods

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any, NoReturn, TypeVar

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from tools.plugins.command.cancellation import Cancellation
from tools.plugins.command.diff import changes
from tools.plugins.command.errors import CommandError
from tools.plugins.command.resources import RESOURCES, Operation, Resource
from tools.plugins.command.values import decode, encode

VERSION = "1.2.1"
_CONCURRENT_CALLS = 256
_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
_ENGINE_CHECK_SECONDS = 1.0
_KINDS = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}

T = TypeVar("T")


class CommandServer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. Errors end a call with one clean message instead of a traceback."""

    def __init__(self, engine: engine_pb2_grpc.EngineStub | None) -> None:
        self._engine = engine
        self.cancellation = Cancellation()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """Name the version of the published plugin that this one stands in for."""
        return proto.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        """There is nothing to configure; accept what comes."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:
        """Configuration never replaces anything."""
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Configure(self, _request: Any, _context: Any) -> Any:
        """Secrets arrive tagged, and previews call create and update."""
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """End every running command and connection."""
        self.cancellation.request()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        """Validate the inputs."""
        inputs, problems = _resource(request.urn, context).check(decode(request.news))
        failures = [proto.CheckFailure(property=name, reason=reason) for name, reason in problems.items()]
        return proto.CheckResponse(inputs=encode(inputs), failures=failures)

    def Diff(self, request: Any, _context: Any) -> Any:
        """Compare the recorded inputs with the new ones."""
        olds = request.old_inputs if request.old_inputs.fields else request.olds
        found = changes(decode(olds), decode(request.news))
        ignored = set(request.ignoreChanges)
        found = [change for change in found if change.root not in ignored and change.path not in ignored]
        detail = {
            change.path: proto.PropertyDiff(
                kind=getattr(
                    proto.PropertyDiff, _KINDS[change.kind] + ("_REPLACE" if change.replaces else "")
                ),
                inputDiff=True,
            )
            for change in found
        }
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE,
            diffs=sorted({change.root for change in found}),
            replaces=sorted({change.root for change in found if change.replaces}),
            detailedDiff=detail,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Run what creates the resource, or in a preview tell what will be known."""
        resource, inputs = _resource(request.urn, context), decode(request.properties)
        name = request.urn.rsplit("::", 1)[-1]
        if request.preview:
            return proto.CreateResponse(id="", properties=encode(resource.preview(inputs, None)))
        state = _guarded(context, lambda: resource.create(inputs, self._operation(request.urn)))
        return proto.CreateResponse(id=name + secrets.token_hex(4), properties=encode(state))

    def Update(self, request: Any, context: Any) -> Any:
        """Run what changes the resource, or in a preview tell what will be known."""
        resource, olds, news = _resource(request.urn, context), decode(request.olds), decode(request.news)
        if request.preview:
            return proto.UpdateResponse(properties=encode(resource.preview(news, olds)))
        state = _guarded(context, lambda: resource.update(olds, news, self._operation(request.urn)))
        return proto.UpdateResponse(properties=encode(state))

    def Delete(self, request: Any, context: Any) -> Any:
        """Run what undoes the resource."""
        resource, state = _resource(request.urn, context), decode(request.properties)
        _guarded(context, lambda: resource.delete(state, self._operation(request.urn)))
        return empty_pb2.Empty()

    def Read(self, request: Any, _context: Any) -> Any:
        """A command has nothing to be read back: its state is what it was."""
        return proto.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Invoke(self, request: Any, context: Any) -> Any:
        """`command:local:run`: run a local command now and return its output."""
        if request.tok != "command:local:run":
            _abort(context, f"the function {request.tok} does not exist in the package command")
        arguments = decode(request.args)
        inputs = arguments | {"create": arguments.get("command")}
        local = RESOURCES["command:local:Command"]
        state = _guarded(context, lambda: local.create(inputs, self._operation("")))
        del state["create"]
        return proto.InvokeResponse(**{"return": encode(state)})

    def _operation(self, urn: str) -> Operation:
        return Operation(cancellation=self.cancellation, log=lambda line: self._log(urn, line))

    def _log(self, urn: str, line: str) -> None:
        if self._engine is None:
            return
        message = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, urn=urn)
        try:
            self._engine.Log(message)
        except grpc.RpcError:
            # The engine is gone: nobody is left to read the line, and the watcher ends this process.
            return


def serve(engine_address: str | None) -> None:
    """Serve until the engine goes away: its process, whose child this one is, must be there."""
    engine = None
    if engine_address:
        engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))
    servicer = CommandServer(engine)
    sizes = [(f"grpc.max_{way}_message_length", _MAX_MESSAGE_BYTES) for way in ("receive", "send")]
    pool = futures.ThreadPoolExecutor(max_workers=_CONCURRENT_CALLS)
    server = grpc.server(pool, options=sizes)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with_the_engine, args=(os.getppid(), servicer), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _end_with_the_engine(engine_pid: int, servicer: CommandServer) -> None:
    """A killed engine leaves its plugins behind; a command that runs on would meet the next run's."""
    pause = threading.Event()
    while os.getppid() == engine_pid:
        pause.wait(_ENGINE_CHECK_SECONDS)
    servicer.cancellation.request()
    pause.wait(_ENGINE_CHECK_SECONDS)
    os._exit(1)


def _resource(urn: str, context: Any) -> Resource:
    kind = urn.split("::")[2].rsplit("$", 1)[-1]
    if kind not in RESOURCES:
        _abort(context, f"the resource type {kind} does not exist in the package command")
    return RESOURCES[kind]


def _guarded(context: Any, call: Callable[[], T]) -> T:
    try:
        return call()
    except CommandError as exc:
        _abort(context, str(exc))


def _abort(context: Any, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)
