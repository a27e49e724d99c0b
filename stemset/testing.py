"""Stand-ins for what a test doesn't want for real: a storage, a job engine, a model, and an observer that remembers.

    from stemset.testing import RecordingObserver, two_tone_model, write_two_tones

    tones = write_two_tones(tmp_path / "song.wav")
    with two_tone_model() as model:
        plan = parse("tones", {"_": model, "low": "bass", "high": "lead"})
        observer = RecordingObserver()
        separate(tmp_path / "song.wav", plan, tmp_path / "stems", observer=observer)

Each does what its protocol says, so the tests of a protocol run on it as on the real ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from stemset import audio
from stemset.audio import Samples
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import NotFound, Unavailable
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import JobPayload
from stemset.manifest import MIXTURE
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import AudioSeparator, register, registered
from stemset.models.weights.prefetch import WeightsRequest
from stemset.separation import Observer, StemFile
from stemset.storage.protocol import ObjectInfo, PresignedPut
from stemset.strategy import Run


@dataclass
class _Transfer:
    key: str
    begun_at: float = field(default_factory=time.time)
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])


class MemoryStorage:
    """A Storage without a disk. As with a folder, only the API gives objects out and takes them in."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, float]] = {}
        self._transfers: dict[str, _Transfer] = {}

    @property
    def keys(self) -> list[str]:
        """Of every object, in the order of their names."""
        return sorted(self._objects)

    def put(self, key: str, file: Path, content_type: str) -> None:
        self.put_bytes(key, file.read_bytes(), content_type)

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - nobody asks for it
        self._objects[key] = content, time.time()

    def copy(self, key: str, target: str) -> None:
        self._objects[target] = self.read(key), time.time()

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.read(key))

    def read(self, key: str) -> bytes:
        try:
            return self._objects[key][0]
        except KeyError:
            raise NotFound("stored object", key) from None

    def stat(self, key: str) -> ObjectInfo:
        content = self.read(key)
        return ObjectInfo(len(content), hashlib.sha256(content).hexdigest()[:32])

    def exists(self, key: str) -> bool:
        return key in self._objects

    def local_path(self, key: str) -> Path | None:
        self.read(key)
        return None

    def fetch(self, key: str, target: Path) -> None:
        content = self.read(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{uuid4().hex}")
        fresh.write_bytes(content)
        fresh.replace(target)

    def delete_prefix(self, prefix: str) -> None:
        self._remove_objects(prefix, time.time())
        self.remove_unfinished(prefix)

    def remove_unfinished(self, prefix: str) -> None:
        self._remove_transfers(prefix, time.time())

    def remove_older_than(self, prefix: str, older_than: timedelta) -> None:
        too_old = time.time() - older_than.total_seconds()
        self._remove_objects(prefix, too_old)
        self._remove_transfers(prefix, too_old)

    def presign_download(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:  # noqa: ARG002
        return None

    def presign_upload(self, key: str, size: int, content_type: str) -> PresignedPut | None:  # noqa: ARG002
        return None

    def begin_parts(self, key: str, content_type: str) -> str:  # noqa: ARG002 - nobody asks for it
        name = uuid4().hex
        self._transfers[name] = _Transfer(key)
        return name

    def presign_part(self, key: str, transfer: str, number: int, size: int) -> PresignedPut | None:  # noqa: ARG002
        return None

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        self._begun(key, transfer).parts[number] = file.read_bytes()

    def list_parts(self, key: str, transfer: str) -> Mapping[int, int]:
        return {number: len(content) for number, content in sorted(self._begun(key, transfer).parts.items())}

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        parts = self._begun(key, transfer).parts
        self._objects[key] = b"".join(parts[number] for number in numbers), time.time()
        del self._transfers[transfer]

    def drop_parts(self, key: str, transfer: str) -> None:  # noqa: ARG002 - the name says it all
        self._transfers.pop(transfer, None)

    def _begun(self, key: str, transfer: str) -> _Transfer:
        begun = self._transfers.get(transfer)
        if begun is None or begun.key != key:
            raise NotFound("transfer", transfer)
        return begun

    def _remove_objects(self, folder: str, before: float) -> None:
        for key, (_, stored_at) in list(self._objects.items()):
            if key.startswith(f"{folder}/") and stored_at <= before:
                self._objects.pop(key, None)

    def _remove_transfers(self, folder: str, before: float) -> None:
        for name, transfer in list(self._transfers.items()):
            if transfer.key.startswith(f"{folder}/") and transfer.begun_at <= before:
                self._transfers.pop(name, None)


class InMemoryDispatcher:
    """A Dispatcher that runs nothing: it remembers what it was handed and says of its runs what a test has put down.

    repeatable: as Dispatcher has it; where it is False every hand-over makes a run with a name of its own. delay_s:
    how long a hand-over takes, as over a network. otherwise: what it says of runs that `known` lacks; None: nothing.

    refs, payloads: the names of the runs and what they were handed, in order. cancelled: refs. known: ref -> what it
    knows of the run; a new one waits. failures: so many of the next calls raise Unavailable. dispatched: is set with
    every hand-over.
    """

    def __init__(self, *, repeatable: bool = True, delay_s: float = 0.0, otherwise: RunRecord | None = None) -> None:
        self.refs: list[str] = []
        self.payloads: list[JobPayload] = []
        self.cancelled: list[str] = []
        self.known: dict[str, RunRecord] = {}
        self.failures = 0
        self.dispatched = asyncio.Event()
        self._repeatable = repeatable
        self._delay_s = delay_s
        self._otherwise = otherwise

    @property
    def repeatable(self) -> bool:
        return self._repeatable

    async def dispatch(self, payload: JobPayload) -> str:
        self._fail_if_told()
        await asyncio.sleep(self._delay_s)
        ref = payload.ref if self._repeatable else f"{payload.ref}.{uuid4().hex}"
        self.refs.append(ref)
        self.payloads.append(payload)
        self.known.setdefault(ref, RunRecord(RunState.WAITING))
        self.dispatched.set()
        return ref

    async def cancel(self, ref: str) -> None:
        self._fail_if_told()
        self.cancelled.append(ref)

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        self._fail_if_told()
        records = {ref: self.known.get(ref, self._otherwise) for ref in refs}
        return {ref: record for ref, record in records.items() if record}

    async def close(self) -> None:
        """Nothing is open."""

    def _fail_if_told(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The engine is away.")


class InMemoryWeightsFetcher(InMemoryDispatcher):
    """One that is a WeightsFetcher, too, and fetches nothing. requests: those that it was handed."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[WeightsRequest] = []

    async def prepare(self, request: WeightsRequest) -> None:
        self._fail_if_told()
        self.requests.append(request)


class RecordingObserver(Observer):
    """Remembers every call. files: mixture and stems; nodes: path -> whether it came from the cache; both in the
    order of their telling. started: paths of the nodes that began."""

    def __init__(self) -> None:
        self.files: list[StemFile] = []
        self.started: list[str] = []
        self.nodes: dict[str, bool] = {}

    @property
    def stems(self) -> list[StemFile]:
        """The files without the mixture."""
        return [file for file in self.files if file.record.name != MIXTURE]

    def mixture_ready(self, mixture: StemFile) -> None:
        self.files.append(mixture)

    def node_started(self, run: Run) -> None:
        self.started.append(run.path)

    def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:  # noqa: ARG002 - time is of no interest
        self.nodes[run.path] = cached

    def stem_ready(self, stem: StemFile) -> None:
        self.files.append(stem)


LOW_HZ, HIGH_HZ = 220.0, 1760.0
"""The two tones."""


def write_two_tones(file: Path, *, seconds: float = 0.5, sample_rate: int = 44_100) -> dict[str, Samples]:
    """Write a song of two tones as 32-bit float WAV, each louder on its own side, peak below 0.6.

    Returns slot of `two_tone_model` -> its share of the song: float32, shape (2, frames).
    """
    low, _, high, _ = _waves(round(seconds * sample_rate), sample_rate).T
    tones = {"low": np.outer((0.3, 0.1), low).astype(np.float32), "high": np.outer((0.1, 0.3), high).astype(np.float32)}
    audio.write(file, tones["low"] + tones["high"], sample_rate)
    return tones


@contextmanager
def two_tone_model() -> Generator[str]:
    """The name under which strategies find a model that parts the two tones, while the block lasts.

    Its slots are `low` and `high`. Of a song of `write_two_tones` it gives each exactly, within what float32 rounds;
    of any other, `low` is what sounds at LOW_HZ, and `high` the rest.
    """
    register(ModelCard("Two tones", Architecture.SPECTRAL, "For tests.", 0, 0.0, "any"))(_TwoTones)
    try:
        yield _TwoTones.model_filename
    finally:
        del registered[_TwoTones.model_filename]


class _TwoTones(AudioSeparator):
    model_filename = "two_tones"
    output_slots: ClassVar[dict[str, str]] = {"low": "the lower tone", "high": "what is left: the higher one"}

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,  # noqa: ARG002 - both slots come at once
    ) -> dict[str, Path]:
        samples, sample_rate = audio.read(input_file)
        waves = _waves(samples.shape[1], sample_rate)
        # Both tones are fitted: over a length that is no whole number of periods they are not quite orthogonal.
        amplitudes = np.linalg.lstsq(waves, samples.T.astype(np.float64), rcond=None)[0]
        low = (waves[:, :2] @ amplitudes[:2]).T.astype(np.float32)
        progress(0.5)
        files = {slot: output_dir / f"{slot}.wav" for slot in self.output_slots}
        audio.write(files["low"], low, sample_rate)
        audio.write(files["high"], samples - low, sample_rate)
        progress(1.0)
        return files


def _waves(frames: int, sample_rate: int) -> NDArray[np.float64]:
    """Sine and cosine of the lower tone, then of the higher, shape (frames, 4)."""
    turns = np.arange(frames)[:, None] / sample_rate * np.array([[LOW_HZ, HIGH_HZ]])
    phases = 2 * np.pi * np.repeat(turns, 2, axis=1)
    return np.where([True, False, True, False], np.sin(phases), np.cos(phases))
