"""How a run tells the service what happens, and hears whether to stop.

`Reporter` decides what is said and when, and holds on to it until the service has it; a `Channel` carries one
report. `CallbackChannel` posts it, signed; `direct.DirectChannel` applies it in this process.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Protocol, Self

import httpx
import structlog
from pydantic import ValidationError
from standardwebhooks import Webhook

from stemset.errors import Cancelled, Forbidden, StaleAttempt, Unavailable
from stemset.features.jobs.messages import (
    Answer,
    Event,
    Failed,
    JobPayload,
    NodeProgress,
    Report,
    Started,
    Stopped,
    Succeeded,
)

log = structlog.stdlib.get_logger()

_FINAL = (Succeeded, Failed, Stopped)


class Interrupted(BaseException):
    """The worker process is ending. Not an Exception: nothing must take it for a failure of the job, which the
    next worker resumes."""


@dataclass(frozen=True)
class Pace:
    """Times in seconds.

    progress: at most one progress report in this time. poll: without anything new the last is said again after this
    time, to hear of a cancel and to be heard of. patience: how long an event is tried again while the service can't
    be reached; the pauses between tries grow from first_pause to longest_pause.
    """

    progress: float = 0.3
    poll: float = 1.0
    patience: float = 600.0
    first_pause: float = 0.2
    longest_pause: float = 10.0


class Channel(Protocol):
    """Carries reports to the service, from any thread."""

    def send(self, report: Report) -> Answer:
        """Blocks until the service has the report. Raises Unavailable when it may go better later, StaleAttempt when
        it is no longer this run's job, Forbidden when the service doesn't trust the sender."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Reporter:
    """Reports on one run. Use as a context manager, which closes the channel at its end. run: see `Started`.

    `tell` blocks until the service has the event, `progress` doesn't; they may come from several threads. Both raise
    Cancelled when the job is to stop, StaleAttempt when it is no longer this run's job, Interrupted when `stop` is set.
    """

    def __init__(
        self,
        payload: JobPayload,
        channel: Channel,
        *,
        stop: threading.Event,
        pace: Pace | None = None,
        run: str | None = None,
    ) -> None:
        self._payload = payload
        self._run = run
        self._channel = channel
        self._pace = pace or Pace()
        self._stop = stop
        self._closing = threading.Event()
        self._sending = threading.Lock()
        self._newest: NodeProgress | None = None
        self._verdict: Cancelled | StaleAttempt | None = None
        self._begun = False
        self._posted_at = time.monotonic()
        self._thread = threading.Thread(target=self._post_progress, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._channel.close()

    def begin(self) -> None:
        """Tell that this run has the job, as `tell` does."""
        self.tell(Started(run=self._run))

    def tell(self, event: Event) -> None:
        """Report an event, again and again until the service has it. Raises Unavailable when patience ends,
        Forbidden when the service refuses the signature."""
        # Progress of what this event ends would arrive behind it.
        self._newest = None
        if isinstance(event, _FINAL):
            self._begun = False
        else:
            self.heed()
        give_up_at = time.monotonic() + self._pace.patience
        pause_s = self._pace.first_pause
        while True:
            try:
                answer = self._post(event)
                break
            except Unavailable as error:
                if time.monotonic() + pause_s > give_up_at:
                    raise
                log.warning("callback_retry", job=str(self._payload.job_id), pause_s=pause_s, reason=str(error))
            if self._stop.wait(pause_s):
                raise Interrupted
            pause_s = min(pause_s * 2, self._pace.longest_pause)
        # What a final event asks for is done already: the run is over.
        if isinstance(event, _FINAL):
            return
        self._begun = True
        if answer.cancel:
            raise Cancelled

    def progress(self, node: str, fraction: float) -> None:
        """Report a node's fraction in whole percents, soon; a newer one replaces one that still waits."""
        self.heed()
        self._begun = True
        self._newest = NodeProgress(node=node, fraction=round(fraction, 2))

    def heed(self) -> None:
        """Raises if the run is to stop, as far as is known."""
        if self._stop.is_set():
            raise Interrupted
        if self._verdict is not None:
            raise self._verdict

    def _post_progress(self) -> None:
        sent: NodeProgress | None = None
        while not self._closing.wait(self._pace.progress):
            newest = self._newest
            silent = self._begun and time.monotonic() > self._posted_at + self._pace.poll
            if (newest is None or newest == sent) and not silent:
                continue
            try:
                # What is known already changes nothing, but is heard.
                if self._post(newest or Started(run=self._run)).cancel:
                    self._verdict = Cancelled()
            except StaleAttempt as error:
                self._verdict = error
            except (Unavailable, Forbidden) as error:
                # Progress may be lost; the next event that may not will tell the run what is wrong.
                log.debug("progress_lost", job=str(self._payload.job_id), reason=str(error))
            sent = newest

    def _post(self, event: Event) -> Answer:
        with self._sending:
            self._posted_at = time.monotonic()
            return self._channel.send(
                Report(
                    job_id=self._payload.job_id, attempt=self._payload.attempt, nonce=self._payload.nonce, event=event
                )
            )


class CallbackChannel:
    """Posts to the service's callback, signed as Standard Webhooks. timeout_s: of one post."""

    def __init__(self, callback_url: str, secret: str, *, timeout_s: float = 30.0) -> None:
        self._url = callback_url.rstrip("/")
        self._webhook = Webhook(secret)
        # The callback is our own service's address; a proxy meant for the outside world must not see it.
        self._client = httpx.Client(timeout=timeout_s, trust_env=False)

    def send(self, report: Report) -> Answer:
        url = f"{self._url}/api/jobs/{report.job_id}/callback"
        body = report.model_dump_json()
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": report.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(report.message_id, now, body),
        }
        try:
            response = self._client.post(url, content=body, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(f"{url} can't be reached: {error}") from error
        return _answer(response)

    def close(self) -> None:
        self._client.close()


def _answer(response: httpx.Response) -> Answer:
    said = f"{response.url} answered {response.status_code}: {response.text[:300]}"
    match response.status_code:
        case HTTPStatus.NOT_FOUND | HTTPStatus.CONFLICT | HTTPStatus.GONE:
            raise StaleAttempt(said)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise Forbidden(said)
        case status if not 200 <= status < 300:
            raise Unavailable(said)
        case _:
            pass
    try:
        return Answer.model_validate_json(response.content)
    except ValidationError as error:
        # Some other program listens there, perhaps only until ours is back.
        raise Unavailable(said) from error
