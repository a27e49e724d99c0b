"""What Modal says of a call, as what the reconciler understands; with a Modal that says what a test wants."""

from __future__ import annotations

import pickle
from typing import Any

import modal
import pytest
from modal import exception

from stemset.errors import NotFound, StemsetError, Unavailable, UnknownPayload, UnreadableAudio, WeightsMissing
from stemset.features.jobs.engines.dispatcher import RunState
from stemset.features.jobs.engines.modal import ModalDispatcher


class Call:
    """One call. outcome: what `get` returns, or raises."""

    def __init__(self, outcome: object) -> None:
        self.get = self
        self._outcome = outcome

    async def aio(self, **options: float) -> object:
        assert options == {"timeout": 0}
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome


@pytest.mark.parametrize(
    ("outcome", "state", "kind"),
    [
        (TimeoutError(), RunState.PENDING, "internal"),
        (exception.OutputExpiredError(), RunState.UNKNOWN, "internal"),
        (exception.NotFoundError("no such call"), RunState.UNKNOWN, "internal"),
        (exception.FunctionTimeoutError("hit its timeout"), RunState.TIMED_OUT, "internal"),
        (exception.RemoteError("Input cancelled"), RunState.WITHDRAWN, "internal"),
        (exception.InternalFailure("lost"), RunState.ENDED, "internal"),
        (exception.ExecutionError("can't be read"), RunState.ENDED, "internal"),
        (UnknownPayload("version 2"), RunState.REFUSED, "internal"),
        (UnreadableAudio("no song"), RunState.RAISED, "unreadable-audio"),
        (ZeroDivisionError("by zero"), RunState.RAISED, "internal"),
        (None, RunState.ENDED, "internal"),
        ("no end", RunState.ENDED, "internal"),
    ],
)
async def test_every_outcome_of_a_call_has_its_state(
    monkeypatch: pytest.MonkeyPatch, outcome: object, state: RunState, kind: str
):
    def from_id(_ref: str) -> Any:
        return Call(outcome)

    monkeypatch.setattr(modal.FunctionCall, "from_id", from_id)
    [record] = (await ModalDispatcher("app").look_up(["fc-1"])).values()
    assert (record.state, record.kind, record.end) == (state, kind, None)


async def test_a_modal_that_does_not_answer_delays_and_settles_nothing(monkeypatch: pytest.MonkeyPatch):
    def from_id(_ref: str) -> Any:
        return Call(exception.ConnectionError("no route"))

    monkeypatch.setattr(modal.FunctionCall, "from_id", from_id)
    with pytest.raises(Unavailable, match="no route"):
        await ModalDispatcher("app").look_up(["fc-1"])


@pytest.mark.parametrize(
    "error",
    [NotFound("strategy", "x", ("a", "b")), WeightsMissing("f", "http://a", "run this", "away"), UnreadableAudio("no")],
)
def test_our_errors_travel_between_containers(error: StemsetError):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
