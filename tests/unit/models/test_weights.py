from __future__ import annotations

import hashlib
import os
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from stemset.errors import Cancelled, WeightsMissing
from stemset.models import registry, weights
from stemset.models.weights import MDX_CATALOGUE, digests, download, locate, weights_state

KIM = "Kim_Vocal_2.onnx"


def test_a_model_lacks_the_files_that_are_absent_or_empty(tmp_path: Path) -> None:
    (tmp_path / KIM).write_bytes(b"weights")
    (tmp_path / MDX_CATALOGUE).touch()
    state = weights_state(registry.card(KIM), tmp_path)
    assert state.present == (KIM,)
    assert state.missing == (MDX_CATALOGUE,)
    assert not state.complete


def test_a_built_in_model_is_always_complete(tmp_path: Path) -> None:
    assert weights_state(registry.card("percussive"), tmp_path / "absent").complete


def test_demucs_weights_are_found_by_their_signature(tmp_path: Path) -> None:
    (tmp_path / "955717e8-00000000.th").write_bytes(b"another training")
    assert locate("955717e8-8726e21a.th", tmp_path) == tmp_path / "955717e8-00000000.th"
    assert locate("5c90dfd2-34c22ccb.th", tmp_path) is None


def test_a_file_that_changed_has_another_digest(tmp_path: Path) -> None:
    file = tmp_path / KIM
    for number, content in enumerate((b"first", b"other")):
        file.write_bytes(content)
        os.utime(file, (number, number))  # a clock may be too coarse to tell the two writes apart
        assert digests(registry.card(KIM), tmp_path) == {KIM: hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("name", [name for name in registry.names() if registry.card(name).weights])
def test_every_weight_file_has_an_address(name: str) -> None:
    for file in registry.card(name).weights:
        assert all(address.startswith("https://") for address in weights.addresses(file))


class _Files(BaseHTTPRequestHandler):
    """Serves `content` by path; says of a file in `cut` that it is longer than what it sends."""

    content: ClassVar[dict[str, bytes]] = {}
    cut: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        body = self.content.get(self.path)
        self.send_response(404 if body is None else 200)
        length = len(body or b"") + (100 if self.path in self.cut else 0)
        self.send_header("content-length", str(length))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    _Files.content.clear()
    _Files.cut.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Files) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        host = f"http://127.0.0.1:{running.server_address[1]}"

        def two_mirrors(file: str) -> tuple[str, ...]:
            return f"{host}/first/{file}", f"{host}/second/{file}"

        monkeypatch.setattr(weights, "addresses", two_mirrors)
        yield host
        running.shutdown()
        thread.join()


def test_a_download_tries_every_address_and_leaves_only_whole_files(server: str, tmp_path: Path) -> None:
    _Files.content |= {f"/second/{KIM}": b"weights", f"/first/{MDX_CATALOGUE}": b"{}"}
    assert download(KIM, tmp_path) == (tmp_path / KIM, tmp_path / MDX_CATALOGUE)
    assert (tmp_path / KIM).read_bytes() == b"weights"
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted((KIM, MDX_CATALOGUE))
    assert download(KIM, tmp_path) == ()


@pytest.mark.parametrize("fault", ["cut", "empty", "absent"])
def test_a_broken_download_leaves_nothing(fault: str, server: str, tmp_path: Path) -> None:
    if fault != "absent":
        _Files.content[f"/first/{KIM}"] = b"" if fault == "empty" else b"weights"
    if fault == "cut":
        _Files.cut.add(f"/first/{KIM}")
    with pytest.raises(WeightsMissing):
        download(KIM, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_download_can_be_cancelled(server: str, tmp_path: Path) -> None:
    _Files.content[f"/first/{KIM}"] = b"weights"

    def cancel(done: int, whole: int | None) -> None:
        assert (done, whole) == (7, 7)
        raise Cancelled

    with pytest.raises(Cancelled):
        download(KIM, tmp_path, cancel)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_at_once_what_is_missing_where_it_is_and_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(file: str) -> tuple[str, ...]:
        return (f"http://127.0.0.1:9/{file}",)  # nothing listens on the discard port

    monkeypatch.setattr(weights, "addresses", nowhere)
    start = time.monotonic()
    with pytest.raises(WeightsMissing) as caught:
        download(KIM, tmp_path)
    assert time.monotonic() - start < 5
    assert caught.value.file == KIM
    assert caught.value.address == f"http://127.0.0.1:9/{KIM}"
    assert caught.value.command == f"stemset models download {KIM}"


def test_a_resolver_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def silent(host: str, port: int) -> list[object]:
        answer.wait(30)
        return []

    def no_proxies() -> dict[str, str]:
        return {}

    monkeypatch.setattr(weights, "getproxies", no_proxies)
    monkeypatch.setattr("socket.getaddrinfo", silent)
    start = time.monotonic()
    with pytest.raises(WeightsMissing):
        download(KIM, tmp_path)
    answer.set()
    assert time.monotonic() - start < 5
