"""These types are the JSON that the player needs to start, with examples, and are made here of a job and its tracks."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from stemset.features.jobs.records import TrackRecord
from stemset.features.jobs.schemas import JOB_ID, RECORDING_ID
from stemset.features.library.records import RecordingRecord
from stemset.features.player.records import Playable, format_version
from stemset.manifest import InputRecord, Manifest, NodeRecord
from stemset.storage import Keys, Storage
from stemset.web.schema import EXAMPLE_TIME, Wire

MANIFEST = Manifest(
    stemset_version="0.1.0",
    versions={"python": "3.11.2", "numpy": "2.4.1"},
    device="cpu",
    strategy="instant",
    tree={"_": "percussive", "drums": "drums", "not_drums": "other"},
    started_at=EXAMPLE_TIME,
    finished_at=EXAMPLE_TIME + timedelta(seconds=4),
    state="succeeded",
    input=InputRecord(
        sha256="3f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b856",
        container="wav",
        codec="pcm_s16le",
        sample_rate=44100,
        channels=2,
        duration_s=24.0,
    ),
    nodes=(NodeRecord(path="root", model="percussive", params={}, weights_sha256={}, state="done", seconds=1.2),),
    mixture=None,
    stems=(),
    sum_to_mixture_db=-96.3,
    common_gain=1.0,
)


class Peaks(Wire):
    """A waveform of a track: audiowaveform's format, version 2, 8 bit, one channel."""

    samples_per_pixel: int
    url: str


class Track(Wire):
    """One audio file of the player.

    streaminfo: the 34 bytes of FLAC's STREAMINFO, base64. peaks: fine to coarse. overview: min and max pairs, -128 to
    127, at 16384 samples per pixel. gain_db: advice for equal loudness, never applied to the file.
    """

    name: str
    label: str
    url: str
    bytes: int
    block_size: int
    streaminfo: str
    index_url: str
    peaks: list[Peaks]
    overview: list[int]
    gain_db: float
    lufs: float | None


class PlayerData(Wire):
    """Everything the player needs to start. stems: those that are ready, in the strategy's order."""

    recording_id: UUID
    job_id: UUID
    title: str
    profile: str
    strategy: str
    sample_rate: int
    frames: int
    common_gain: float = Field(description="factor already in every file, so that none clips")
    sum_to_mixture_db: float | None
    mixture: Track
    stems: list[Track]


PLAYER = PlayerData(
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    title="First Light",
    profile="demo",
    strategy="instant",
    sample_rate=44100,
    frames=1_058_400,
    common_gain=1.0,
    sum_to_mixture_db=-96.3,
    mixture=Track(
        name="mixture",
        label="Mixture",
        url=f"/api/jobs/{JOB_ID}/stems/mixture.flac?v=3f1c2a90d4e7b856",
        bytes=2_311_004,
        block_size=4096,
        streaminfo="EAAQAAAADgAAEAxERAECAAAQJgAAAAAAAAAAAAAAAAAAAAAA",
        index_url=f"/api/jobs/{JOB_ID}/stems/mixture.index?v=3f1c2a90d4e7b856",
        peaks=[Peaks(samples_per_pixel=256, url=f"/api/jobs/{JOB_ID}/peaks/mixture.256.dat?v=3f1c2a90d4e7b856")],
        overview=[-64, 70, -90, 88],
        gain_db=0.0,
        lufs=-14.2,
    ),
    stems=[],
)


def describe_player(
    song: RecordingRecord, playable: Playable, storage: Storage, *, token: str | None = None
) -> PlayerData:
    """Describe what the player needs. token: of a link; the files' addresses lie under it then."""
    job, mixture = playable.job, playable.mixture
    files = f"/api/jobs/{job.id}" if token is None else f"/api/shares/{token}"
    return PlayerData(
        recording_id=song.id,
        job_id=job.id,
        title=song.title,
        profile=song.profile,
        strategy=job.strategy,
        sample_rate=mixture.record.sample_rate,
        frames=mixture.record.frames,
        common_gain=job.status.common_gain,
        sum_to_mixture_db=job.status.sum_to_mixture_db,
        mixture=_describe_track(mixture, storage, files),
        stems=[_describe_track(stem, storage, files) for stem in playable.stems],
    )


def format_label(stem: str) -> str:
    """Write a stem's name as people do: `lead_vocals` is `Lead vocals`."""
    return stem.replace("_", " ").capitalize()


def _describe_track(track: TrackRecord, storage: Storage, files: str) -> Track:
    job_id, name, version = track.job_id, track.name, format_version(track)

    def address(key: str, own: str) -> str:
        return storage.presign_download(key, version=version) or f"{files}/{own}?v={version}"

    return Track(
        name=name,
        label=format_label(name),
        url=address(Keys.stem(job_id, name), f"stems/{name}.flac"),
        bytes=track.record.bytes,
        block_size=track.block_size,
        streaminfo=b64encode(track.streaminfo).decode(),
        index_url=address(Keys.index(job_id, name), f"stems/{name}.index"),
        peaks=[
            Peaks(samples_per_pixel=pixels, url=address(Keys.peaks(job_id, name, pixels), f"peaks/{name}.{pixels}.dat"))
            for pixels in Keys.SAMPLES_PER_PIXEL
        ],
        overview=list(track.overview),
        gain_db=track.gain_db,
        lufs=track.record.lufs,
    )
