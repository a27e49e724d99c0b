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

    from stemset.features.jobs.records import JobRecord
    from stemset.server.services import Services

log = structlog.get_logger()

_STOP_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
"""A worker that ran so long is started again without delay."""


def run_service(host: str, port: int) -> None:
    """Serve API and page until Ctrl-C or SIGTERM; port 0 takes a free one. Raises Conflict when the port is taken,
    ConfigError.

    The worker starts first and in parallel, as both need seconds to import what they need.
    """
    settings = ApiSettings()
    configure_logging(settings.log_format)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit_at_once)
    with _open_listener(host, port) as listener:
        address = _local_url(listener)
        settings = settings.model_copy(update={"access": settings.access or _default_access(listener)})
        # So that a mistake in it is reported before anything runs.
        load_config(settings.config)
        _prepare_queue(settings)
        with _Worker(address) as worker:
            from stemset.server.app import create_app  # noqa: PLC0415 - seconds, which the worker uses as well

            asyncio.run(_serve(create_app(settings), listener, worker, address))


def run_worker_process() -> None:
    """Run the worker of `run_service`, until that ends or closes the pipe that is this process's stdin.

    Of all signals between processes the end of a pipe alone is the same on every system, and comes even after a kill.
    """
    stop = threading.Event()
    threading.Thread(target=_set_when_closed, args=(_take_over_stdin(), stop), name="stdin", daemon=True).start()
    from stemset.worker.local import serve_worker  # noqa: PLC0415 - seconds

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
    from stemset.server.services import get_services  # noqa: PLC0415

    services = get_services(app)
    await asyncio.to_thread(upgrade_database, services.settings.database)
    demo = await services.demo_song.ensure()
    loop = asyncio.get_running_loop()
    listening = asyncio.Event()

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
    keeping = asyncio.create_task(worker.restart_when_it_dies())
    announcing = asyncio.create_task(_announce(services, demo, address, listening))
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


async def _announce(services: Services, demo: JobRecord | None, address: str, listening: asyncio.Event) -> None:
    """Print the service's URL once it listens and the demo song, if there is one to come, can be played."""
    await listening.wait()
    if demo:
        # Only now, as its worker reports to this server.
        await services.demo_song.wait_until_playable(demo)
    if not services.notifier.closed:
        print(f"Stemset is at {address} (Ctrl-C stops it)", flush=True)  # noqa: T201
        if services.gate.closed:
            print(f"It is closed: {_describe_key_place(services.settings)}", flush=True)  # noqa: T201


class _Worker:
    """A context manager that runs the worker process: it restarts one that dies and ends it when the block ends."""

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
        """Ask the process to end, and don't start it again."""
        self._stopping = True
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def restart_when_it_dies(self) -> None:
        """Restart the process when it dies, after a pause that grows while it keeps dying. Runs until cancelled."""
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


def _take_over_stdin() -> int:
    """Return a descriptor of stdin that no child of this process inherits; children find an empty stdin."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a name, not a path
        os.dup2(nothing.fileno(), 0)
    return pipe


def _set_when_closed(pipe: int, stop: threading.Event) -> None:
    """Read a pipe until its other end is closed, then set `stop`. Blocking."""
    while os.read(pipe, 1):
        pass
    stop.set()


@contextmanager
def _open_listener(host: str, port: int) -> Generator[socket.socket]:
    """Open a listening socket. Raises Conflict where the port can't be used."""
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


def _local_url(listener: socket.socket) -> str:
    """Return the URL by which a process on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - looked up, not bound
    local = everywhere.get(host) or (f"[{host}]" if listener.family == socket.AF_INET6 else host)
    return f"http://{local}:{port}"


def _default_access(listener: socket.socket) -> Literal["open", "closed"]:
    """Return `open` for a listener that only this machine reaches, else `closed`."""
    return "open" if ip_address(listener.getsockname()[0]).is_loopback else "closed"


def _describe_key_place(settings: ApiSettings) -> str:
    # Never the key itself: this may end up in a log.
    place = "STEMSET_ACCESS_KEY" if settings.access_key else str(settings.data_dir / "access.key")
    return f"its key is in {place}; STEMSET_ACCESS=open lets everybody in"


def _prepare_queue(settings: ApiSettings) -> None:
    """Create the queue's tables at the first start, before API and worker would both do so."""
    url = make_url(settings.queue_database)
    if url.get_backend_name() == "sqlite" and url.database and not os.path.exists(url.database):  # noqa: PTH110
        from stemset.features.jobs.engines.dbos import prepare_queue  # noqa: PLC0415

        prepare_queue(settings.queue_database)


def _exit_at_once(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal before the server runs: exit without a traceback; the worker ends too."""
    raise SystemExit(0)


if __name__ == "__main__":
    run_worker_process()
