"""The parts of `stemset serve`; tests/integration/test_serve.py runs it."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from stemset.config import ApiSettings
from stemset.errors import Conflict
from stemset.server import serve
from tests.support.waiting import LIMIT_S


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with serve.open_listener("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with (
            pytest.raises(Conflict, match=rf"^Port {port} of 127\.0\.0\.1 can't be used .*--port 9000"),
            serve.open_listener("127.0.0.1", port),
        ):
            pass


def test_a_port_that_was_left_is_free_again() -> None:
    with serve.open_listener("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    with serve.open_listener("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port


def test_a_service_that_only_this_machine_reaches_is_open_and_any_other_closed() -> None:
    for host, access, url in (
        ("127.0.0.1", "open", "http://127.0.0.1:"),
        ("0.0.0.0", "closed", "http://127.0.0.1:"),
    ):
        with serve.open_listener(host, 0) as listener:
            assert serve.default_access(listener) == access
            assert serve.local_url(listener).startswith(url)


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_an_address_of_ipv6_stands_in_brackets() -> None:
    try:
        with serve.open_listener("::1", 0) as listener:
            assert serve.local_url(listener) == f"http://[::1]:{listener.getsockname()[1]}"
    except Conflict:
        pytest.skip("there is no IPv6 here")


def test_where_the_key_is_is_told_and_never_the_key(tmp_path: Path) -> None:
    generated = serve.describe_key_place(ApiSettings(data_dir=tmp_path))
    assert str(tmp_path / "access.key") in generated
    chosen = serve.describe_key_place(ApiSettings(data_dir=tmp_path, access_key="correct-horse-battery"))
    assert "STEMSET_ACCESS_KEY" in chosen
    assert "correct-horse" not in chosen


def test_a_worker_stops_when_the_other_end_of_its_pipe_is_closed() -> None:
    reading, writing = os.pipe()
    stop = threading.Event()
    watcher = threading.Thread(target=serve.set_when_closed, args=(reading, stop))
    watcher.start()
    os.write(writing, b"x")
    assert not stop.wait(0.05)
    os.close(writing)
    assert stop.wait(LIMIT_S)
    watcher.join()
    os.close(reading)


def test_a_signal_before_the_server_runs_ends_the_process_without_an_error() -> None:
    with pytest.raises(SystemExit) as caught:
        serve.exit_at_once(2, None)
    assert caught.value.code == 0
