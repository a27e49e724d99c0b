from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemset.errors import Cancelled, ConfigError, WeightsDamaged, WeightsMissing
from stemset.models import registry
from stemset.models.card import MDX_CATALOGUE
from stemset.models.weights import download as fetching
from stemset.models.weights import files
from stemset.models.weights.files import FileState, digests, download, file_states, locate, verify, weights_state
from stemset.models.weights.lockfile import FirstDownload, read_first_downloads, record_first_download
from tests.support.waiting import LIMIT_S
from tests.support.weights_server import WeightsServer, serving_weights

KIM = "Kim_Vocal_2.onnx"
KIM_CARD = registry.card(KIM)
NETWORK = b"a network"
BAG, TH = "htdemucs.yaml", f"955717e8-{hashlib.sha256(NETWORK).hexdigest()[:8]}.th"
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


def test_a_model_lacks_the_files_that_are_absent_or_empty(tmp_path: Path) -> None:
    (tmp_path / KIM).write_bytes(b"weights")
    (tmp_path / MDX_CATALOGUE).touch()
    state = weights_state(KIM_CARD, tmp_path)
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
        assert digests(KIM_CARD, tmp_path) == {KIM: hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("name", [name for name in registry.names() if registry.card(name).weights])
def test_every_weight_file_has_an_address(name: str) -> None:
    for file in registry.card(name).weights:
        assert all(address.startswith("https://") for address in files.addresses(file))


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving_weights({KIM: b"weights", MDX_CATALOGUE: b"{}", BAG: b"models: [955717e8]", TH: NETWORK}) as running:
        yield running


def publish(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Files are published at these hosts, and nowhere else."""

    def addresses(file: str) -> tuple[str, ...]:
        return tuple(f"{host}/{file}" for host in hosts)

    monkeypatch.setattr(files, "addresses", addresses)


def test_a_download_fetches_what_is_missing_and_records_what_it_was(server: WeightsServer, tmp_path: Path) -> None:
    (tmp_path / MDX_CATALOGUE).write_bytes(b"{}")
    assert download(KIM_CARD, tmp_path, mirror=server.address) == (tmp_path / KIM,)
    entry = read_first_downloads(tmp_path)[KIM]
    assert (entry.sha256, entry.bytes) == (hashlib.sha256(b"weights").hexdigest(), 7)
    assert entry.address == f"{server.address}/{KIM}"
    assert download(KIM_CARD, tmp_path, mirror="http://127.0.0.1:9") == ()
    assert [name for name, _ in server.asked] == [KIM]


def test_every_address_is_tried(server: WeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, NOWHERE, server.address)
    assert download(KIM_CARD, tmp_path) == (tmp_path / KIM, tmp_path / MDX_CATALOGUE)


def test_without_a_network_it_says_what_is_missing_where_it_is_and_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, NOWHERE)
    with pytest.raises(WeightsMissing) as caught:
        download(KIM_CARD, tmp_path)
    assert caught.value.file == KIM
    assert caught.value.address == f"{NOWHERE}/{KIM}"
    assert caught.value.command == f"stemset models download {KIM}"
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_demucs_file_must_have_the_hash_in_its_name(server: WeightsServer, tmp_path: Path) -> None:
    card = replace(registry.card(BAG), further_weights=(TH,))
    server.content[TH] = b"an attack"
    with pytest.raises(WeightsDamaged, match=f"its name promises {TH[9:17]}"):
        download(card, tmp_path, mirror=server.address)
    assert not (tmp_path / TH).exists()
    server.content[TH] = NETWORK
    download(card, tmp_path, mirror=server.address)
    assert (tmp_path / TH).read_bytes() == NETWORK


def test_a_file_must_be_what_it_was_at_its_first_download(server: WeightsServer, tmp_path: Path) -> None:
    download(KIM_CARD, tmp_path, mirror=server.address)
    (tmp_path / KIM).unlink()
    for content, says in ((b"another", "began with"), (b"longer than before", "18 bytes, and had 7")):
        server.content[KIM] = content
        with pytest.raises(WeightsDamaged, match=says):
            download(KIM_CARD, tmp_path, mirror=server.address)
        assert not (tmp_path / KIM).exists()


def test_the_catalogue_may_grow(server: WeightsServer, tmp_path: Path) -> None:
    download(KIM_CARD, tmp_path, mirror=server.address)
    (tmp_path / MDX_CATALOGUE).unlink()
    server.content[MDX_CATALOGUE] = b'{"new": {}}'
    download(KIM_CARD, tmp_path, mirror=server.address)
    assert [found.fault for found in verify(registry.cards(), tmp_path)] == [None, None]


def test_a_damaged_file_is_set_aside_and_fetched_anew(server: WeightsServer, tmp_path: Path) -> None:
    download(KIM_CARD, tmp_path, mirror=server.address)
    (tmp_path / KIM).write_bytes(b"rotten!")
    assert download(KIM_CARD, tmp_path, mirror=server.address) == (tmp_path / KIM,)
    assert (tmp_path / KIM).read_bytes() == b"weights"
    assert (tmp_path / f"{KIM}.damaged").read_bytes() == b"rotten!"


def test_a_damaged_file_that_can_not_be_fetched_anew_is_not_used(server: WeightsServer, tmp_path: Path) -> None:
    download(KIM_CARD, tmp_path, mirror=server.address)
    (tmp_path / KIM).write_bytes(b"rotten!")
    with pytest.raises(WeightsDamaged, match="sha256"):
        download(KIM_CARD, tmp_path, mirror=NOWHERE)
    assert not (tmp_path / KIM).exists()


def test_verify_tells_good_damaged_and_unknown_files_apart(server: WeightsServer, tmp_path: Path) -> None:
    download(KIM_CARD, tmp_path, mirror=server.address)
    (tmp_path / MDX_CATALOGUE).write_bytes(b"[]")
    (tmp_path / "955717e8-00000000.th").write_bytes(b"not what its name says")
    (tmp_path / "kuielab_b_drums.onnx").write_bytes(b"put there by hand")
    found = {one.file: (one.known, one.fault is None) for one in verify(registry.cards(), tmp_path)}
    assert found == {
        KIM: (True, True),
        MDX_CATALOGUE: (True, False),
        "955717e8-00000000.th": (True, False),
        "kuielab_b_drums.onnx": (False, True),
    }


def test_the_size_of_a_file_is_known_better_the_further_it_came(server: WeightsServer, tmp_path: Path) -> None:
    def stop(done: int, whole: int | None) -> None:
        raise Cancelled

    assert file_states(KIM_CARD, tmp_path) == [
        FileState(KIM, KIM_CARD.size_bytes, present=False),
        FileState(MDX_CATALOGUE, None, present=False),
    ]
    with pytest.raises(Cancelled):
        download(KIM_CARD, tmp_path, stop, mirror=server.address)
    first = file_states(KIM_CARD, tmp_path)[0]
    assert (first.bytes, first.present) == (7, False)
    assert first.fetched > 0
    download(KIM_CARD, tmp_path, mirror=server.address)
    assert file_states(KIM_CARD, tmp_path)[0] == FileState(KIM, 7, present=True)


def test_a_record_that_can_not_be_understood_is_no_reason_to_trust_anything(tmp_path: Path) -> None:
    (tmp_path / "weights.json").write_text("{")
    with pytest.raises(ConfigError, match=r"weights\.json: can't be understood"):
        verify(registry.cards(), tmp_path)


def test_many_downloads_at_once_are_all_recorded(tmp_path: Path) -> None:
    entry = FirstDownload(sha256="00" * 32, bytes=1, address="http://x/y", fetched_at=datetime.now(UTC))
    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(record_first_download, tmp_path, f"{number}.onnx", entry) for number in range(40)]
    assert [one.result() for one in done] == [None] * 40
    assert len(read_first_downloads(tmp_path)) == 40


def test_a_resolver_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def silent(host: str, port: int) -> list[object]:
        answer.wait(LIMIT_S)
        return []

    def no_proxies() -> dict[str, str]:
        return {}

    monkeypatch.setattr(fetching, "getproxies", no_proxies)
    monkeypatch.setattr(fetching, "_CONNECT_TIMEOUT_S", 0.2)
    monkeypatch.setattr("socket.getaddrinfo", silent)
    with pytest.raises(WeightsMissing):
        download(KIM_CARD, tmp_path)
    answer.set()
