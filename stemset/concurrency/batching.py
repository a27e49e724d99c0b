"""What many ask for at once, done together: one query or one transaction where there would be a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_MOST_AT_ONCE = 250
"""Databases limit how many parameters a query may have."""


class Together(Generic[Asked, Answer]):
    """Whoever asks while a batch is under way goes with the next one: nobody is told what was true before they asked.

    work: gets what was asked, in the order it was asked, and returns as many answers in the same order.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer. Raises what the work raised. Once asked, it is done even if whoever asked goes away."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
                await self._serve(batch)
        finally:
            self._working = None

    async def _serve(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, waiting), answer in zip(batch, answers, strict=True):
                # Who has gone away has cancelled theirs.
                if not waiting.done():
                    waiting.set_result(answer)
