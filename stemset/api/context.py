"""What the routes work on, made once per process."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.datastructures import State


@dataclass(frozen=True)
class Context:
    """The parts of the service, handed to every route that asks for `context`."""


def provide_context(state: State) -> Context:
    """The Context that the application's start put into its state."""
    return state.context
