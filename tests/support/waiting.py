"""Waiting for what another task, thread or process brings about."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

LIMIT_S = 300.0
"""How long a test waits for what is a matter of seconds. So long, because the machine may have twenty times the work
that it can do at once; a test that waits longer would wait for ever."""

_PAUSE_S = 0.05


def wait_until(
    condition: Callable[[], bool], *, within_s: float = LIMIT_S, explain: Callable[[], str] = lambda: ""
) -> None:
    """Blocks until the condition holds. Fails the test after within_s, with the end of what `explain` returns then."""
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, f"waited for {within_s:.0f} s in vain\n{explain()[-6000:]}"
        time.sleep(_PAUSE_S)


async def wait_until_async(
    condition: Callable[[], bool | Awaitable[bool]],
    *,
    within_s: float = LIMIT_S,
    explain: Callable[[], str] = lambda: "",
) -> None:
    """Does the same while other tasks of the event loop go on; the condition may be awaitable."""
    give_up_at = time.monotonic() + within_s
    while True:
        holds = condition()
        if await holds if inspect.isawaitable(holds) else holds:
            return
        assert time.monotonic() < give_up_at, f"waited for {within_s:.0f} s in vain\n{explain()[-6000:]}"
        await asyncio.sleep(_PAUSE_S)
