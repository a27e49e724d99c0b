"""`Publisher`: stores what a job makes as soon as it exists, and reports it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from stemset import audio
from stemset.features.jobs.messages import JobPayload, Layout, NodeDone, NodeStarted, TrackReady
from stemset.separation import Observer, StemFile
from stemset.storage import Keys, ObjectStore
from stemset.strategy import Run
from stemset.worker.reporter import Reporter

_TRACKS_AT_ONCE = 4


class Publisher(Observer):
    """Stores every file as soon as it is ready, several at once, and reports them in the order in which they came.

    Use it as a context manager: its end waits until all is stored and reported, and raises what went wrong with that.
    """

    def __init__(self, payload: JobPayload, storage: ObjectStore, reporter: Reporter) -> None:
        self._job_id = payload.job_id
        self._storage = storage
        self._reporter = reporter
        self._executor = ThreadPoolExecutor(2 * _TRACKS_AT_ONCE, thread_name_prefix="storing")
        self._last_report: Future[None] | None = None
        self._stored: dict[str, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        # After an error, too, what is being stored comes to its end: nothing may be written or reported after the run's
        # last report.
        self._executor.shutdown(cancel_futures=kind is not None)
        if kind is None and self._last_report:
            self._last_report.result()

    def mixture_ready(self, mixture: StemFile) -> None:
        self._publish(mixture)

    def stem_ready(self, stem: StemFile) -> None:
        self._publish(stem)

    def node_started(self, run: Run) -> None:
        self._reporter.tell(NodeStarted(node=run.path))

    def node_progress(self, run: Run, fraction: float) -> None:
        self._reporter.progress(run.path, fraction)

    def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:
        self._reporter.tell(NodeDone(node=run.path, seconds=round(seconds, 3), cached=cached))

    def heartbeat(self) -> None:
        self._reporter.check_stop()

    def _publish(self, track: StemFile) -> None:
        if self._last_report and self._last_report.done():
            # What failed ends the run now, not after the last node.
            self._last_report.result()
        layout = audio.flac_layout(track.file)
        peaks = audio.peaks(track.file, Keys.SAMPLES_PER_PIXEL)
        stored = self._executor.submit(self._store, track, layout, peaks, self._stored.get(track.record.name))
        self._stored[track.record.name] = stored
        self._last_report = self._executor.submit(self._report, track, layout, peaks, stored, self._last_report)

    def _store(
        self, track: StemFile, layout: audio.FlacLayout, peaks: Mapping[int, bytes], previous: Future[None] | None
    ) -> None:
        """Store a track, its index and its peaks, after what is stored under the same name already."""
        if previous:
            # Of a stem that was written again, the later content stays.
            previous.result()
        name = track.record.name
        self._storage.put(Keys.stem(self._job_id, name), track.file, "audio/flac")
        self._storage.put_bytes(Keys.index(self._job_id, name), layout.to_index(), "application/octet-stream")
        for samples_per_pixel, dat in peaks.items():
            self._reporter.check_stop()
            key = Keys.peaks(self._job_id, name, samples_per_pixel)
            self._storage.put_bytes(key, dat, "application/octet-stream")

    def _report(
        self,
        track: StemFile,
        layout: audio.FlacLayout,
        peaks: Mapping[int, bytes],
        stored: Future[None],
        previous: Future[None] | None,
    ) -> None:
        """Report a track once it is stored, and all tracks before it are reported."""
        if previous:
            previous.result()
        stored.result()
        self._reporter.tell(
            TrackReady(
                record=track.record,
                layout=Layout.of(
                    streaminfo=layout.streaminfo,
                    block_size=layout.block_size,
                    overview=audio.overview(peaks[max(peaks)]),
                ),
            )
        )
