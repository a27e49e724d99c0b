"""`stemset serve`: API, page and a worker under one command, on one machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING, Literal

import structlog
from sqlalchemy import make_url

from stemset.config import ApiSettings, WorkerSettings, load_config
from stemset.errors import Conflict
from stemset.observability.logging import configure_logging

if TYPE_CHECKING:
    from litestar import Litestar

log = structlog.get_logger()

_STOP_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
"""A worker that ran so long is started again without delay."""


def run(host: str, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM; port 0 takes a free one. Raises Conflict when the port is taken, ConfigError.

    The worker starts first and in parallel, as both need seconds to import what they need.
    """
    settings = ApiSettings()
    configure_logging(settings.log_format)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with _listening(host, port) as listener:
        address = _address(listener)
        settings = settings.model_copy(update={"access": settings.access or _access_at(listener)})
        # A mistake in it is told before anything runs.
        load_config(settings.config)
        _prepare_queue(settings)
        with _Worker(address) as worker:
            from stemset.server.app import create_app  # noqa: PLC0415 - seconds, which the worker uses as well

            asyncio.run(_serve(create_app(settings), listener, worker, address))


def work() -> None:
    """The worker process of `run`: ends when that does, or when `run` closes the pipe that is the worker's stdin.

    Of all signs between processes a pipe's end alone is the same on every system, and comes even after a kill.
    """
    stop = threading.Event()
    threading.Thread(target=_wait_for_end, args=(_taken_stdin(), stop), name="stdin", daemon=True).start()
    from stemset.worker.local import serve_worker  # noqa: PLC0415 - `run` is to start without what a worker needs

    settings = WorkerSettings()
    configure_logging(settings.log_format)
    try:
        serve_worker(settings, stop=stop)
    except Conflict as error:
        log.error("worker_refused", reason=str(error))  # noqa: TRY400 - the message says it all
        sys.exit(1)


async def _serve(app: Litestar, listener: socket.socket, worker: _Worker, address: str) -> None:
    import uvicorn  # noqa: PLC0415

    from stemset.database.engine import upgrade_database  # noqa: PLC0415
    from stemset.server.services import services_of  # noqa: PLC0415

    services = services_of(app)
    await asyncio.to_thread(upgrade_database, services.settings.database)
    demo = await services.demo_song.ensure()
    loop = asyncio.get_running_loop()
    listening = asyncio.Event()

    async def announce() -> None:
        await listening.wait()
        if demo:
            # Only now, as its worker reports to this server.
            await services.demo_song.wait_until_playable(demo)
        if not services.notifier.closed:
            print(f"Stemset is at {address} (Ctrl-C stops it)", flush=True)  # noqa: T201
            if services.gate.closed:
                print(f"It is closed: {_where_the_key_is(services.settings)}", flush=True)  # noqa: T201

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                listening.set()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            # Streams of events would else keep their connections, and those the server.
            loop.call_soon_threadsafe(services.notifier.close)
            worker.stop()

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="on", timeout_graceful_shutdown=3
    )
    keeping = asyncio.create_task(worker.keep())
    announcing = asyncio.create_task(announce())
    # The server hands signals on to these when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    try:
        await Server(config).serve(sockets=[listener])
    finally:
        keeping.cancel()
        if not listening.is_set():
            announcing.cancel()
        await asyncio.gather(keeping, announcing, return_exceptions=True)


class _Worker:
    """The worker process: started again when it dies, gone when the block ends."""

    def __init__(self, address: str) -> None:
        self._environment = {**os.environ, "STEMSET_CALLBACK_URL": address}
        self._process = self._start()
        self._stopping = False

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        try:
            self._process.wait(_STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and don't start it again."""
        self._stopping = True
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def keep(self) -> None:
        """Until cancelled: when it dies, start it again, after a pause that grows while it keeps dying."""
        pause_s = _FIRST_PAUSE_S
        while True:
            begun = time.monotonic()
            while self._process.poll() is None:  # noqa: ASYNC110 - a process has no event to wait for
                await asyncio.sleep(0.2)
            if self._stopping:
                return
            if time.monotonic() - begun > _STEADY_S:
                pause_s = _FIRST_PAUSE_S
            log.warning("worker_died", code=self._process.returncode, next_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # Unbuffered: a signal's handler closes it.
        return subprocess.Popen(
            [sys.executable, "-m", "stemset.server.serve"], env=self._environment, stdin=subprocess.PIPE, bufsize=0
        )


def _taken_stdin() -> int:
    """A descriptor of stdin that no child of this process inherits; they find stdin empty."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a name, not a path
        os.dup2(nothing.fileno(), 0)
    return pipe


def _wait_for_end(pipe: int, stop: threading.Event) -> None:
    while os.read(pipe, 1):
        pass
    stop.set()


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        if os.name == "posix":
            # A port that was left just now is free. On Windows the option would let two servers have one port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise Conflict(
                f"Port {port} of {host} can't be used ({reason}). Choose another: `make run PORT=9000`, "
                f"or `stemset serve --port 9000`."
            ) from None
        # Here, not in the server: from now on nobody else gets the port, and early requests wait.
        listener.listen(512)
        yield listener


def _address(listener: socket.socket) -> str:
    """Where a process on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - looked up, not bound
    local = everywhere.get(host) or (f"[{host}]" if listener.family == socket.AF_INET6 else host)
    return f"http://{local}:{port}"


def _access_at(listener: socket.socket) -> Literal["open", "closed"]:
    """Open for whoever sits at this machine; others need the key, unless the operator wants it otherwise."""
    return "open" if ip_address(listener.getsockname()[0]).is_loopback else "closed"


def _where_the_key_is(settings: ApiSettings) -> str:
    # Never the key itself: this may end up in a log.
    place = "STEMSET_ACCESS_KEY" if settings.access_key else str(settings.data_dir / "access.key")
    return f"its key is in {place}; STEMSET_ACCESS=open lets everybody in"


def _prepare_queue(settings: ApiSettings) -> None:
    """At the first start, before API and worker both find that the queue has no tables."""
    url = make_url(settings.queue_database)
    if url.get_backend_name() == "sqlite" and url.database and not os.path.exists(url.database):  # noqa: PTH110
        from stemset.features.jobs.engines.dbos import prepare_queue  # noqa: PLC0415

        prepare_queue(settings.queue_database)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """A stop before the server runs: no traceback, and the worker goes too."""
    raise SystemExit(0)


if __name__ == "__main__":
    work()
