"""Reading Redis' append-only file: which commands were made durable, in which order and transactions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def aof_path(folder: Path) -> Path:
    """The file of a server that never rewrote it."""
    return folder / "appendonly.aof"


def transactions(path: Path) -> Iterator[list[list[bytes]]]:
    """Commands by transaction; one outside MULTI … EXEC stands alone. What is cut off at the end is left out."""
    block: list[list[bytes]] | None = None
    for command in _commands(path.read_bytes()):
        name = command[0].upper()
        if name == b"MULTI":
            block = []
        elif name == b"EXEC":
            yield block or []
            block = None
        elif block is None:
            yield [command]
        else:
            block.append(command)


def _commands(raw: bytes) -> Iterator[list[bytes]]:
    at = 0
    while at < len(raw):
        command: list[bytes] = []
        try:
            end = raw.index(b"\r\n", at)
            count, at = int(raw[at + 1 : end]), end + 2
            for _ in range(count):
                end = raw.index(b"\r\n", at)
                size, at = int(raw[at + 1 : end]), end + 2
                if at + size + 2 > len(raw):
                    return
                command.append(raw[at : at + size])
                at += size + 2
        except ValueError:
            return
        yield command


def writers(path: Path, lease_key: str) -> list[bytes]:
    """Who committed each transaction: the engine that renewed its lease in it."""
    key = lease_key.encode()
    return [
        command[2]
        for block in transactions(path)
        for command in block
        if command[0].upper() == b"SET" and command[1] == key
    ]
