"""A real S3 server for tests: Ceph's gateway over one monitor and one store in memory, on loopback.

`python -m tests.support.s3 ORIGIN` serves until its input ends, for tests that are not in Python: it prints the
settings of a new bucket that lets pages of that origin in, as JSON, or `{"skip": why}`.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from stemset.storage.bucket_rules import Bucket
from stemset.storage.r2_client import make_client
from stemset.storage.settings import R2Account
from tests.support.waiting import LIMIT_S, wait_until

ACCESS_KEY, SECRET_KEY = "STEMSETTESTS", "secret-of-the-tests"
PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")

_CONFIG = """
[global]
fsid = {fsid}
mon host = {mon}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data = {folder}/mon
mon data avail crit = 1
mon data avail warn = 1
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
# So long the store waits for a gateway that was killed to hear of changes; half a minute otherwise.
osd client watch timeout = 1
osd class dir = {classes}
# It waits a second before each change otherwise, and making a bucket takes several.
paxos propose interval = 0.02
paxos min wait = 0.01
run dir = {folder}/run
admin socket = {folder}/run/$name.$pid.asok
log file = {folder}/log/$name.log
pid file =
keyring = {folder}/keyring
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw exit timeout secs = 3
rgw lc debug interval = {lifecycle_day_s}
"""


class S3Server:
    """One cluster in a folder. lifecycle_day_s: seconds that its lifecycle rules take for a day; -1: a real one."""

    def __init__(self, folder: Path, *, lifecycle_day_s: int = -1) -> None:
        self._folder = folder
        self._fsid, self._mon = str(uuid4()), f"v1:127.0.0.1:{_free_port()}"
        port = _free_port()
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self._monitor: subprocess.Popen[bytes] | None = None
        self._store: subprocess.Popen[bytes] | None = None
        self._gateway: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        for name in ("mon", "osd", "run", "log", "rgw"):
            (folder / name).mkdir()
        classes = next(Path("/usr/lib").glob("*/rados-classes"), Path("/usr/lib/rados-classes"))
        (folder / "ceph.conf").write_text(
            _CONFIG.format(
                fsid=self._fsid,
                mon=self._mon,
                port=port,
                folder=folder,
                classes=classes,
                lifecycle_day_s=lifecycle_day_s,
            )
        )

    def start(self) -> None:
        """Until it answers."""
        keyring, monmap = str(self._folder / "keyring"), str(self._folder / "monmap")
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", f"[{self._mon}]", monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._monitor = self._daemon("ceph-mon", "-i", "a")
        osd = str(uuid4())
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._store = self._daemon("ceph-osd", "-i", "0")
        self._start_gateway()
        self._run("radosgw-admin", "user", "create", "--uid=tests", "--display-name=tests",
                  f"--access-key={ACCESS_KEY}", f"--secret={SECRET_KEY}")  # fmt: skip

    def stop(self) -> None:
        """Kill it; its data are in memory."""
        for process in (self._gateway, self._store, self._monitor):
            if process:
                process.kill()
                process.wait()

    def new_bucket(self) -> R2Account:
        """An empty bucket and the key to it."""
        account = R2Account(
            f"bucket-{next(self._numbers)}-{uuid4().hex[:8]}", self.endpoint_url, ACCESS_KEY, SECRET_KEY
        )
        make_client(account).create_bucket(Bucket=account.bucket)
        return account

    @contextmanager
    def away(self) -> Generator[None]:
        """Nobody answers at its address in this block; what is stored stays."""
        self.leave()
        try:
            yield
        finally:
            self.return_()

    def leave(self) -> None:
        """Stop answering."""
        assert self._gateway
        self._gateway.kill()
        self._gateway.wait()

    def return_(self) -> None:
        """Answer again."""
        self._start_gateway()

    def _start_gateway(self) -> None:
        self._gateway = self._daemon("radosgw", "-n", "client.rgw.a", "--no-mon-config")
        wait_until(self._answers, explain=lambda: self._log("client.rgw.a"))

    def _answers(self) -> bool:
        assert self._gateway
        assert self._gateway.poll() is None, self._log("client.rgw.a")
        if self._store and self._store.poll() is not None:
            # One time in ten it talks to the monitor too early ("wrong fsid") and gives up.
            self._store = self._daemon("ceph-osd", "-i", "0")
        try:
            httpx.get(self.endpoint_url, timeout=LIMIT_S)
        except httpx.TransportError:
            return False
        return True

    def _daemon(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log" / "daemons.txt").open("ab") as log:
            return subprocess.Popen(
                [command[0], "-f", "-c", str(self._folder / "ceph.conf"), *command[1:]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _run(self, *command: str) -> None:
        environment = os.environ | {"CEPH_CONF": str(self._folder / "ceph.conf")}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT_S, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"

    def _log(self, name: str) -> str:
        file = self._folder / "log" / f"{name}.log"
        return file.read_text(errors="replace")[-4000:] if file.is_file() else "no log"


def why_not() -> str:
    """Why no server can be had here; empty if one can."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        return f"no S3 server here: {', '.join(lacking)} missing; tests/install_s3.sh installs it for root"
    if os.geteuid() != 0:
        return "the S3 server of the tests is started by root only"
    return ""


@contextmanager
def s3_server(*, lifecycle_day_s: int = -1) -> Generator[S3Server]:
    """A running server, gone after the block."""
    # Paths of sockets may have a hundred characters, so this is not pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="stemset-s3-"))
    server = S3Server(folder, lifecycle_day_s=lifecycle_day_s)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3() -> Generator[S3Server]:
    """The server of all tests; skips the test where there is none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with s3_server() as server:
        yield server


@pytest.fixture
def r2_account(s3: S3Server) -> R2Account:
    """An empty bucket of the test's own."""
    return s3.new_bucket()


def settings_of(account: R2Account) -> dict[str, str]:
    """The environment variables that name this bucket."""
    return {
        "R2_BUCKET": account.bucket,
        "R2_ENDPOINT_URL": account.endpoint_url,
        "R2_ACCESS_KEY_ID": account.access_key_id,
        "R2_SECRET_ACCESS_KEY": account.secret_access_key,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _serve() -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    if reason := why_not():
        _say({"skip": reason})
        return
    with s3_server() as server:
        account = server.new_bucket()
        Bucket(account).set_cors([sys.argv[1]])
        _say(settings_of(account))
        sys.stdin.read()


def _say(told: dict[str, str]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
