"""What runs which kind of job."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from stemset.config.file import parse_config
from stemset.errors import UnknownPayload
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.server.services import job_kinds
from stemset.storage import LocalStorage
from stemset.worker.reporter import CallbackChannel, Reporter
from stemset.worker.run_job import run_job
from stemset.worker.runners import RUNNERS
from tests.support.jobs import SECRET, Callback
from tests.support.queue import new_payload


def test_every_kind_has_a_runner_and_every_runner_has_a_kind():
    config = parse_config(
        "profiles: {songs: {title: S, strategy: s}}\nstrategies: {s: {_: percussive, drums: drums, not_drums: rest}}"
    )
    assert set(RUNNERS) == set(job_kinds(config))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "mystery"}, "no jobs of the kind 'mystery'"),
        ({"payload": {"tune": 1}}, "can't read this separation"),
        ({"source_key": None}, "without a recording"),
    ],
)
def test_what_another_version_hands_over_fails_in_words(tmp_path: Path, changes: dict[str, object], why: str):
    payload = new_payload().model_copy(update=changes)
    callback, storage = Callback(), LocalStorage(tmp_path / "objects")
    with (
        callback.serving() as address,
        Reporter(payload, CallbackChannel(address, SECRET), stop=threading.Event()) as reporter,
        pytest.raises(UnknownPayload, match=why),
    ):
        run_job(payload, storage, reporter, ModelPool(Runtime(tmp_path)), tmp_path / "work")
    assert callback.types == ["failed"]
    assert list((tmp_path / "work").iterdir()) == []
