"""Requests that come at the same time are answered in batches: one query or transaction instead of a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_MOST_AT_ONCE = 250
"""Requests in a batch. Databases limit how many parameters a query may have."""


class Batcher(Generic[Request, Answer]):
    """Answers the requests of one event loop, one batch after the other.

    A request that comes while a batch is being answered waits for the next one: so no answer was read before its
    request came.

    answer_all: gets the requests in the order in which they came, and returns as many answers in the same order.
    """

    def __init__(self, answer_all: Callable[[Sequence[Request]], Awaitable[Sequence[Answer]]]) -> None:
        self._answer_all = answer_all
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Answer:
        """The answer. Raises what answer_all raised. A request that was made is carried out even if its caller is
        cancelled."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
                await self._answer_batch(batch)
        finally:
            self._task = None

    async def _answer_batch(self, batch: Sequence[tuple[Request, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._answer_all([request for request, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                # A caller that was cancelled has cancelled its future.
                if not future.done():
                    future.set_result(answer)
