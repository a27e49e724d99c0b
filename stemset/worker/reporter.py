"""How a run tells the service what happens, and hears whether to stop.

`Reporter` decides what is reported and when, and repeats a report until the service has it; a `Channel` carries one
report. `CallbackChannel` posts it, signed.
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
    """The worker process is ending. It is no Exception, so that nothing takes it for a failure of the job, which the
    next worker resumes."""


@dataclass(frozen=True)
class ReportTimings:
    """When a run reports, and how long it tries to.

    progress_s: at most one progress report in this time. poll_s: without anything new the last report is repeated
    after this time, to learn of a cancel and to show that the worker is alive. patience_s: how long an event is tried
    again while the service can't be reached; the pauses between tries grow from first_pause_s to longest_pause_s.
    """

    progress_s: float = 0.3
    poll_s: float = 1.0
    patience_s: float = 600.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 10.0


class Channel(Protocol):
    """Carries reports to the service, from any thread."""

    def send(self, report: Report) -> Answer:
        """Send a report, and block until the service has it. Raises Unavailable when another try may succeed,
        StaleAttempt when it is no longer this run's job, Forbidden when the service doesn't trust the sender."""
        ...

    def close(self) -> None:
        """Close connections."""
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
        timings: ReportTimings | None = None,
        run: str | None = None,
    ) -> None:
        self._payload = payload
        self._run = run
        self._channel = channel
        self._timings = timings or ReportTimings()
        self._stop = stop
        self._closing = threading.Event()
        self._send_lock = threading.Lock()
        self._newest: NodeProgress | None = None
        self._stop_reason: Cancelled | StaleAttempt | None = None
        self._begun = False
        self._posted_at = time.monotonic()
        self._thread = threading.Thread(target=self._report_progress, name="progress", daemon=True)

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
        """Report that this run has the job, as `tell` does."""
        self.tell(Started(run=self._run))

    def tell(self, event: Event) -> None:
        """Report an event, again and again until the service has it. Raises Unavailable after patience_s, Forbidden
        when the service refuses the signature."""
        # Progress that still waits would arrive behind the event that ends it.
        self._newest = None
        if isinstance(event, _FINAL):
            self._begun = False
        else:
            self.check_stop()
        answer = self._post_until_heard(event)
        # What a final event asks for is done already: the run is over.
        if isinstance(event, _FINAL):
            return
        self._begun = True
        if answer.cancel:
            raise Cancelled

    def _post_until_heard(self, event: Event) -> Answer:
        give_up_at = time.monotonic() + self._timings.patience_s
        pause_s = self._timings.first_pause_s
        while True:
            try:
                return self._post(event)
            except Unavailable as error:
                if time.monotonic() + pause_s > give_up_at:
                    raise
                log.warning("callback_retry", job=str(self._payload.job_id), pause_s=pause_s, reason=str(error))
            if self._stop.wait(pause_s):
                raise Interrupted
            pause_s = min(pause_s * 2, self._timings.longest_pause_s)

    def progress(self, node: str, fraction: float) -> None:
        """Report a node's fraction in whole percents, soon; a newer one replaces one that still waits."""
        self.check_stop()
        self._begun = True
        self._newest = NodeProgress(node=node, fraction=round(fraction, 2))

    def check_stop(self) -> None:
        """Raise Interrupted, Cancelled or StaleAttempt if the run is to stop, as far as is known; asks nobody."""
        if self._stop.is_set():
            raise Interrupted
        if self._stop_reason is not None:
            raise self._stop_reason

    def _report_progress(self) -> None:
        sent: NodeProgress | None = None
        while not self._closing.wait(self._timings.progress_s):
            newest = self._newest
            must_poll = self._begun and time.monotonic() > self._posted_at + self._timings.poll_s
            if (newest is None or newest == sent) and not must_poll:
                continue
            try:
                # A repeated report changes nothing in the service, but shows that the worker is alive.
                if self._post(newest or Started(run=self._run)).cancel:
                    self._stop_reason = Cancelled()
            except StaleAttempt as error:
                self._stop_reason = error
            except (Unavailable, Forbidden) as error:
                # Progress may be lost; the next event that may not will tell the run what is wrong.
                log.debug("progress_lost", job=str(self._payload.job_id), reason=str(error))
            sent = newest

    def _post(self, event: Event) -> Answer:
        with self._send_lock:
            self._posted_at = time.monotonic()
            return self._channel.send(
                Report(
                    job_id=self._payload.job_id, attempt=self._payload.attempt, nonce=self._payload.nonce, event=event
                )
            )


class CallbackChannel:
    """Posts reports to the service's callback, signed as Standard Webhooks. timeout_s: of one post."""

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
        return _parse_answer(response)

    def close(self) -> None:
        self._client.close()


def _parse_answer(response: httpx.Response) -> Answer:
    """The service's answer. Raises StaleAttempt, Forbidden or Unavailable, by the response's status."""
    description = f"{response.url} answered {response.status_code}: {response.text[:300]}"
    match response.status_code:
        case HTTPStatus.NOT_FOUND | HTTPStatus.CONFLICT | HTTPStatus.GONE:
            raise StaleAttempt(description)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise Forbidden(description)
        case status if not 200 <= status < 300:
            raise Unavailable(description)
        case _:
            pass
    try:
        return Answer.model_validate_json(response.content)
    except ValidationError as error:
        # Some other program listens there, perhaps only until ours is back.
        raise Unavailable(description) from error
