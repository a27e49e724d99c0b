"""`stemset serve`, `worker` and `demo`: what they hand on."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from stemset.config import WorkerSettings
from stemset.errors import Conflict
from stemset.server import serve
from stemset.worker import local
from tests.support.command import Command


def test_serve_listens_where_it_is_told_and_else_on_this_machine_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[str, int]] = []

    def run_service(host: str, port: int) -> None:
        served.append((host, port))

    monkeypatch.setattr(serve, "run_service", run_service)
    assert command("serve").code == 0
    assert command("serve", "--host", "0.0.0.0", "--port", "9000").code == 0
    assert served == [("127.0.0.1", 8000), ("0.0.0.0", 9000)]


def test_a_port_that_is_taken_is_one_line_and_exit_code_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_service(host: str, port: int) -> None:
        raise Conflict(f"Port {port} of {host} can't be used.")

    monkeypatch.setattr(serve, "run_service", run_service)
    done = command("serve")
    assert (done.code, done.err) == (1, "error: Port 8000 of 127.0.0.1 can't be used.")


def test_a_worker_has_the_settings_of_its_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[WorkerSettings] = []
    monkeypatch.setattr(local, "serve_worker", started.append)
    monkeypatch.setenv("STEMSET_CALLBACK_URL", "https://stemset.example")
    assert command("worker").code == 0
    assert [settings.callback_url for settings in started] == ["https://stemset.example"]


def test_the_demo_song_is_written_with_its_stems(command: Command, tmp_path: Path) -> None:
    done = command("demo", "-o", "song")
    assert done.code == 0
    files = list((tmp_path / "song").glob("*.flac"))
    assert len({soundfile.info(file).frames for file in files}) == 1
    assert "bass" in done.out
    assert len(files) == 1 + len(done.out.split("its stems: ")[1].split(","))


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    """`stemset serve` takes over the signals of its process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_as_before")
def test_serve_on_a_port_that_somebody_has_starts_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STEMSET_DATA_DIR", str(tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("serve", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: Port {port} of 127.0.0.1 can't be used (")
    assert "Traceback" not in done.err
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("signals_as_before")
def test_serve_with_a_mistake_in_the_config_starts_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STEMSET_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "config.yaml").write_text("profiles: {}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = command("serve", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_that_is_none_is_wrong_use(command: Command, port: str) -> None:
    done = command("serve", "--port", port)
    assert (done.code, done.out) == (2, "")
    assert "'--port'" in done.err


def test_a_demo_song_that_is_there_is_written_again_the_same(command: Command, tmp_path: Path) -> None:
    def render() -> dict[str, bytes]:
        assert command("demo", "-o", "song").code == 0
        return {file.name: file.read_bytes() for file in (tmp_path / "song").glob("*.flac")}

    assert render() == render()
