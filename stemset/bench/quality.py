"""How good a strategy is, on songs whose true stems are known."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import fmean

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from stemset import audio
from stemset.bench.metrics import agreement, ideal_mask_agreements
from stemset.errors import AudioError, NotFound
from stemset.manifest import MIXTURE
from stemset.models.pool import ModelPool
from stemset.separation import SILENCE_DB, Separation, separate
from stemset.strategy import Strategy

_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aif", ".aiff"})


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class StemQuality(_Record):
    """One stem of one song, in dB; higher is better.

    sdr_db: global SDR of the Music Demixing Challenge. mixture_sdr_db: what the mixture scores in the stem's place,
    so what doing nothing gives. ideal_sdr_db: what the ideal ratio mask gives, which knows the true stems.
    """

    stem: str
    sdr_db: float
    si_sdr_db: float
    mixture_sdr_db: float
    ideal_sdr_db: float


class SongQuality(_Record):
    """One song.

    seconds: from file to files, decoding and encoding included; model_seconds: of these, in the models.
    null_residual_dbfs: peak of the sum of all stems minus the mixture; None where the strategy drops a part.
    """

    song: str
    duration_s: float
    seconds: float
    model_seconds: float
    null_residual_dbfs: float | None
    stems: tuple[StemQuality, ...]

    @property
    def times_real_time(self) -> float:
        return self.duration_s / self.seconds


class QualityReport(_Record):
    """All songs of a reference folder, and the mean over songs for each stem."""

    strategy: str
    songs: tuple[SongQuality, ...]
    mean: tuple[StemQuality, ...]
    times_real_time: float

    def table(self) -> Table:
        """For a terminal."""
        table = Table(title=f"{self.strategy}: {self.times_real_time:.1f} × real time")
        table.add_column("song")
        table.add_column("stem", no_wrap=True)
        for heading in ("SDR dB", "SI-SDR", "mixture", "ideal mask"):
            table.add_column(heading, justify="right")
        for song in self.songs:
            _add(
                table,
                (song.song, _null(song.null_residual_dbfs), f"{song.times_real_time:.1f} × real time"),
                song.stems,
            )
        if len(self.songs) > 1:
            _add(table, (f"mean of {len(self.songs)} songs",), self.mean)
        return table


def _add(table: Table, facts: Sequence[str], stems: Sequence[StemQuality]) -> None:
    for fact, stem in zip_longest(facts, stems):
        values = () if stem is None else (stem.sdr_db, stem.si_sdr_db, stem.mixture_sdr_db, stem.ideal_sdr_db)
        table.add_row(fact or "", "" if stem is None else stem.stem, *(f"{value:.2f}" for value in values))
    table.add_section()


def _null(residual_dbfs: float | None) -> str:
    if residual_dbfs is None:
        return "null test: parts dropped"
    return "null test: exact" if residual_dbfs <= SILENCE_DB else f"null test: {residual_dbfs:.1f} dBFS"


def measure(
    reference_folder: Path,
    strategy: Strategy,
    pool: ModelPool,
    on_song: Callable[[SongQuality], None] = lambda _song: None,
) -> QualityReport:
    """Separate each song under reference_folder and compare the stems with the true ones.

    reference_folder: a song's folder (mixture.* and a file per stem, such as vocals.*), or a folder of such
    folders at any depth; MUSDB18-HQ works as it is. on_song is told each song as it is done. Stems that only one
    side has are compared as a sum: an instrumental with drums + bass + other, `other` with guitar + piano + other.

    Raises NotFound without a folder, AudioError for one without songs, a damaged file, files of unlike
    length, or stems that can't be compared; else what `separate` raises.
    """
    found = song_folders(reference_folder)
    songs: list[SongQuality] = []
    for folder in found:
        songs.append(_measure_song(folder, reference_folder, strategy, pool))
        on_song(songs[-1])
    return QualityReport(
        strategy=strategy.name,
        songs=tuple(songs),
        mean=_mean(songs),
        times_real_time=sum(song.duration_s for song in songs) / sum(song.seconds for song in songs),
    )


def song_folders(folder: Path) -> list[Path]:
    """The folder itself or those in it, at any depth, that hold a mixture, by path."""
    if not folder.is_dir():
        raise NotFound("folder", str(folder))
    found = {file.parent for file in folder.rglob(f"{MIXTURE}.*") if file.suffix.lower() in _SUFFIXES}
    if not found:
        raise AudioError(
            f"There is no song in {folder}. A song is a folder with mixture.wav (or .flac, …) and a file per true"
            " stem, such as vocals.wav, drums.wav, bass.wav, other.wav."
        )
    return sorted(found)


def _measure_song(folder: Path, root: Path, strategy: Strategy, pool: ModelPool) -> SongQuality:
    files = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix.lower() in _SUFFIXES}
    rows = compared(strategy.stems, [name for name in files if name != MIXTURE], folder)
    with tempfile.TemporaryDirectory(prefix="stemset-bench-") as name:
        work = Path(name)
        wanted = {MIXTURE, *(stem for true, _ in rows.values() for stem in true)}
        true_pcm = {stem: _decoded(files[stem], work / "true" / f"{stem}.wav") for stem in sorted(wanted)}
        mixture = true_pcm[MIXTURE]
        for stem, pcm in true_pcm.items():
            if (pcm.frames, pcm.sample_rate) != (mixture.frames, mixture.sample_rate):
                raise AudioError(
                    f"{files[stem]} has {pcm.frames} samples at {pcm.sample_rate} Hz; its mixture has {mixture.frames}"
                    f" at {mixture.sample_rate} Hz. A true stem must be as long as its mixture."
                )
        begin = time.perf_counter()
        result = separate(files[MIXTURE], strategy, work / "separated", pool=pool)
        seconds = time.perf_counter() - begin
        true_files = {stem: pcm.file for stem, pcm in true_pcm.items()}
        return SongQuality(
            song=folder.name if folder == root else str(folder.relative_to(root)),
            duration_s=mixture.duration_s,
            seconds=seconds,
            model_seconds=sum(node.seconds for node in result.manifest.nodes),
            null_residual_dbfs=result.manifest.sum_to_mixture_db,
            stems=_compare(rows, true_files, result, mixture.sample_rate),
        )


def _decoded(file: Path, target: Path) -> audio.Pcm:
    try:
        return audio.decode(file, target)
    except AudioError as error:
        raise type(error)(f"{file}: {error}") from None


def _compare(
    rows: Mapping[str, tuple[Sequence[str], Sequence[str]]],
    true_files: Mapping[str, Path],
    result: Separation,
    sample_rate: int,
) -> tuple[StemQuality, ...]:
    references = {row: [true_files[stem] for stem in true] for row, (true, _) in rows.items()}
    ideal = ideal_mask_agreements(references, true_files[MIXTURE], sample_rate)
    stems: list[StemQuality] = []
    for row, (_, separated) in rows.items():
        estimates = [result.stems[stem].file for stem in separated]
        reached = agreement(references[row], estimates, result.manifest.common_gain)
        stems.append(
            StemQuality(
                stem=row,
                sdr_db=reached.sdr_db,
                si_sdr_db=reached.si_sdr_db,
                mixture_sdr_db=agreement(references[row], [true_files[MIXTURE]]).sdr_db,
                ideal_sdr_db=ideal[row].sdr_db,
            )
        )
    return tuple(stems)


def compared(
    separated: Sequence[str], true: Sequence[str], folder: Path
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Row -> (true stems, separated stems) whose sums are compared. Raises AudioError where there is none."""
    rows: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        stem: ((stem,), (stem,)) for stem in separated if stem in true
    }
    true_rest = tuple(stem for stem in true if stem not in rows)
    separated_rest = tuple(stem for stem in separated if stem not in rows)
    if true_rest and separated_rest:
        rows[" + ".join(true_rest)] = (true_rest, separated_rest)
    elif separated_rest and "other" in rows:
        rows["other"] = (("other",), ("other", *separated_rest))
    if not rows:
        raise AudioError(f"{folder} has no true stems beside the mixture; {', '.join(separated)} are to be compared.")
    return rows


def _mean(songs: Sequence[SongQuality]) -> tuple[StemQuality, ...]:
    by_stem: dict[str, list[StemQuality]] = {}
    for song in songs:
        for stem in song.stems:
            by_stem.setdefault(stem.stem, []).append(stem)
    return tuple(
        StemQuality(
            stem=name,
            sdr_db=fmean(stem.sdr_db for stem in stems),
            si_sdr_db=fmean(stem.si_sdr_db for stem in stems),
            mixture_sdr_db=fmean(stem.mixture_sdr_db for stem in stems),
            ideal_sdr_db=fmean(stem.ideal_sdr_db for stem in stems),
        )
        for name, stems in by_stem.items()
    )
