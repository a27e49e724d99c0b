"""What a job makes is stored as soon as it is there, and then told."""

from __future__ import annotations

from stemset import audio
from stemset.jobs.messages import JobPayload, Layout, NodeDone, NodeStarted, TrackReady
from stemset.jobs.reporter import Reporter
from stemset.separation import Listener, StemFile
from stemset.storage import Keys, Storage
from stemset.strategy import Run


class Publisher(Listener):
    """Stores every file as soon as it is ready, then says so."""

    def __init__(self, payload: JobPayload, storage: Storage, reporter: Reporter) -> None:
        self._job_id = payload.job_id
        self._storage = storage
        self._reporter = reporter

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

    def alive(self) -> None:
        self._reporter.heed()

    def _publish(self, track: StemFile) -> None:
        name = track.record.name
        layout = audio.flac_layout(track.file)
        peaks = audio.peaks(track.file, Keys.SAMPLES_PER_PIXEL)
        self._storage.put(Keys.stem(self._job_id, name), track.file, "audio/flac")
        self._storage.put_bytes(Keys.index(self._job_id, name), layout.to_index(), "application/octet-stream")
        for samples_per_pixel, dat in peaks.items():
            self._reporter.heed()
            key = Keys.peaks(self._job_id, name, samples_per_pixel)
            self._storage.put_bytes(key, dat, "application/octet-stream")
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
