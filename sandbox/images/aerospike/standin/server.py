"""The doors: the info protocol on the service port, and both its forms on the other one."""

import asyncio

from .commands import Commands

#: A request longer than this is nobody's.
MOST_BYTES = 1024 * 1024
_HEADER = 8


async def binary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: Commands) -> None:
    """Requests one after another until the client leaves or says something else than the info protocol."""
    try:
        while True:
            header = await reader.readexactly(_HEADER)
            length = int.from_bytes(header[2:], "big")
            if header[0] != 2 or header[1] != 1 or length > MOST_BYTES:
                return
            asked = (await reader.readexactly(length)).decode(errors="replace")
            body = "".join(f"{line}\t{commands.answer(line)}\n" for line in asked.split("\n") if line)
            data = body.encode()
            writer.write(bytes((2, 1)) + len(data).to_bytes(6, "big") + data)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: Commands) -> None:
    """One command in each line and its value in the answer's, as servers before 8.1 speak on port 3003.

    A client whose first byte is the binary protocol's version gets that protocol, as from 8.1's admin port.
    """
    try:
        first = await reader.readexactly(1)
        if first == b"\x02":
            await binary(_Again(first, reader), writer, commands)
            return
        rest = await reader.readline()
        line = first + rest
        while line:
            asked = line.decode(errors="replace").strip()
            if asked:
                writer.write(f"{commands.answer(asked)}\n".encode())
                await writer.drain()
            line = await reader.readline()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return
    finally:
        writer.close()


class _Again(asyncio.StreamReader):
    """A stream whose first byte was read already."""

    def __init__(self, first: bytes, rest: asyncio.StreamReader) -> None:
        super().__init__()
        self._first, self._rest = first, rest

    async def readexactly(self, n: int) -> bytes:
        """The first byte comes again, once."""
        first, self._first = self._first, b""
        return first + await self._rest.readexactly(n - len(first))
