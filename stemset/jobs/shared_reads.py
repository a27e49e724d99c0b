"""Reads by key that many ask for at once, done together: one query where there would be a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST_AT_ONCE = 500
"""Databases limit how many parameters a query may have."""


class SharedReads(Generic[Key, Value]):
    """Whoever asks while a read is under way goes with the next one: nobody is told what was read before they asked.

    read: gets keys, each once, and returns the values of those that exist.
    """

    def __init__(self, read: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._read = read
        self._waiting: dict[Key, asyncio.Future[Value | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """The value, None where there is none. Raises what the read raised."""
        told = self._waiting.get(key)
        if told is None:
            told = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._work())
        # Others may wait for it as well.
        return await asyncio.shield(told)

    async def _work(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:_MOST_AT_ONCE]
                await self._serve({key: self._waiting.pop(key) for key in keys})
        finally:
            self._reading = None

    async def _serve(self, asked: Mapping[Key, asyncio.Future[Value | None]]) -> None:
        try:
            found = await self._read(asked.keys())
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for told in asked.values():
                told.set_exception(error)
        else:
            for key, told in asked.items():
                told.set_result(found.get(key))
