"""A whole local engine for tests: database, queue and storage in a folder, the callback's receiving end, and real
worker processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError
from typing_extensions import override

from stemset.config import WorkerSettings
from stemset.errors import StaleAttempt
from stemset.features.jobs.messages import Answer, Report
from stemset.features.jobs.service import JobService
from stemset.storage import Keys
from tests.support.waiting import LIMIT_S

SECRET = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=="


def objects_of(job_id: object, tracks: Collection[str]) -> set[str]:
    """Everything that a job which made these tracks has stored."""
    names = {f"jobs/{job_id}/manifest.json"}
    for track in tracks:
        names |= {f"jobs/{job_id}/stems/{track}.flac", f"jobs/{job_id}/stems/{track}.index"}
        names |= {f"jobs/{job_id}/peaks/{track}.{pixel}.dat" for pixel in Keys.SAMPLES_PER_PIXEL}
    return names


@dataclass
class Callback:
    """The service's end of the callback, on a free port; it checks signatures as the API does.

    apply: takes a report and its message id, tells whether the worker is to stop, or raises StaleAttempt. reports:
    every accepted one, in order. before: called with each report before it is applied; it may block, kill, or
    return a status to answer instead.
    """

    apply: Callable[[Report, str], bool] = lambda _report, _message_id: False
    reports: list[Report] = field(default_factory=list[Report])
    before: Callable[[Report], int | None] = lambda _report: None

    @property
    def types(self) -> list[str]:
        """The types of the accepted reports."""
        return [report.event.type for report in self.reports]

    @contextmanager
    def serving(self) -> Generator[str]:
        """The address to report to."""
        callback, webhook = self, Webhook(SECRET)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                try:
                    webhook.verify(body, dict(self.headers.items()), json_parse=False)
                except WebhookVerificationError:
                    return self._answer(401, "")
                report = Report.model_validate_json(body)
                if status := callback.before(report):
                    return self._answer(status, "")
                callback.reports.append(report)
                try:
                    cancel = callback.apply(report, self.headers["webhook-id"])
                except StaleAttempt as error:
                    return self._answer(409, str(error))
                return self._answer(200, Answer(cancel=cancel).model_dump_json())

            def _answer(self, status: int, text: str) -> None:
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except BrokenPipeError:
                    pass  # the worker was killed while it waited

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def applied_by(service: JobService) -> Callable[[Report, str], bool]:
    """What Callback takes to apply reports for real, in the event loop that is running now."""
    loop = asyncio.get_running_loop()

    def apply(report: Report, message_id: str) -> bool:
        return asyncio.run_coroutine_threadsafe(service.apply(report, message_id), loop).result(LIMIT_S).cancel

    return apply


@dataclass
class WorkerProcess:
    """A real `serve_worker` in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait(LIMIT_S)

    def stop(self) -> float:
        """Ask it to stop; seconds that it took. It must end well."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_S)
        assert code == 0, self.log.read_text()
        return time.monotonic() - begin


_PROGRAM = """
from stemset.config import WorkerSettings
from stemset.worker.local import serve_worker
serve_worker(WorkerSettings())
"""


@contextmanager
def worker(settings: WorkerSettings) -> Generator[WorkerProcess]:
    """A worker with these settings; killed at the end of the block unless it has ended by itself."""
    environment = os.environ | {
        "STEMSET_DATA_DIR": str(settings.data_dir),
        "STEMSET_CALLBACK_URL": settings.callback_url,
        "STEMSET_CALLBACK_SECRET": SECRET,
        "STEMSET_QUEUE_URL": settings.queue_database,
    }
    log = settings.data_dir / f"worker-{time.monotonic_ns()}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-c", _PROGRAM], env=environment, stdout=stream, stderr=stream)
    try:
        yield WorkerProcess(process, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT_S)
