"""Measures how good a strategy is, on songs whose true stems are known."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from stemset import audio
from stemset.bench.metrics import agreement, bsseval_sdrs, ideal_mask_agreements
from stemset.bench.report import QualityReport, SongQuality, StemQuality
from stemset.errors import AudioError, NotFound
from stemset.manifest import MIXTURE
from stemset.models.pool import ModelPool
from stemset.separation import Resources, Separation, separate
from stemset.strategy import Strategy

_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aif", ".aiff"})


def measure(
    reference_folder: Path,
    strategy: Strategy,
    pool: ModelPool,
    on_song: Callable[[SongQuality], None] = lambda _song: None,
    *,
    names: str = "*",
    limit: int | None = None,
) -> QualityReport:
    """Separate each song under reference_folder and compare the stems with the true ones.

    reference_folder: a song's folder (mixture.* and a file per stem, such as vocals.*), or a folder of such
    folders at any depth; MUSDB18-HQ works as it is. names: only songs whose folder fits this pattern, such as
    `test/*`; limit: the first of these. on_song is told each song as it is done. Stems that only one side has are
    compared as a sum: an instrumental with drums + bass + other, `other` with guitar + piano + other.

    Raises NotFound without a folder, AudioError for one without songs, a damaged file, files of unlike
    length, or stems that can't be compared; else what `separate` raises.
    """
    songs: list[SongQuality] = []
    for folder in song_folders(reference_folder, names)[:limit]:
        songs.append(_measure_song(folder, reference_folder, strategy, pool))
        on_song(songs[-1])
    return QualityReport.of(strategy.name, songs)


def song_folders(folder: Path, names: str = "*") -> list[Path]:
    """The folders of songs: the folder itself or those in it, at any depth, that hold a mixture, by path.

    names: see `measure`. Raises NotFound without a folder or a fitting song, AudioError for a folder without songs.
    """
    if not folder.is_dir():
        raise NotFound("folder", str(folder))
    found = {file.parent for file in folder.rglob(f"{MIXTURE}.*") if file.suffix.lower() in _SUFFIXES}
    if not found:
        raise AudioError(
            f"There is no song in {folder}. A song is a folder with mixture.wav (or .flac, …) and a file per true"
            " stem, such as vocals.wav, drums.wav, bass.wav, other.wav."
        )
    chosen = [song for song in sorted(found) if fnmatch(song_name(song, folder), names)]
    if not chosen:
        raise NotFound(
            "song like", names, [song_name(song, folder) for song in sorted(found)] if len(found) < 20 else ()
        )
    return chosen


def song_name(song: Path, folder: Path) -> str:
    """A song's path within the reference folder, such as `test/Al James - Schoolboy Facination`."""
    return song.name if song == folder else song.relative_to(folder).as_posix()


def _measure_song(folder: Path, root: Path, strategy: Strategy, pool: ModelPool) -> SongQuality:
    files = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix.lower() in _SUFFIXES}
    rows = pair_stems(strategy.stems, [name for name in files if name != MIXTURE], folder)
    with tempfile.TemporaryDirectory(prefix="stemset-bench-") as name:
        work = Path(name)
        wanted = {MIXTURE, *(stem for true, _ in rows.values() for stem in true)}
        true_pcm = {stem: _decode(files[stem], work / "true" / f"{stem}.wav") for stem in sorted(wanted)}
        mixture = true_pcm[MIXTURE]
        for stem, pcm in true_pcm.items():
            if (pcm.frames, pcm.sample_rate) != (mixture.frames, mixture.sample_rate):
                raise AudioError(
                    f"{files[stem]} has {pcm.frames} samples at {pcm.sample_rate} Hz; its mixture has {mixture.frames}"
                    f" at {mixture.sample_rate} Hz. A true stem must be as long as its mixture."
                )
        begin = time.perf_counter()
        result = separate(files[MIXTURE], strategy, work / "separated", resources=Resources(pool))
        seconds = time.perf_counter() - begin
        true_files = {stem: pcm.file for stem, pcm in true_pcm.items()}
        return SongQuality(
            song=song_name(folder, root),
            duration_s=mixture.duration_s,
            seconds=seconds,
            model_seconds=sum(node.seconds for node in result.manifest.nodes),
            null_residual_dbfs=result.manifest.sum_to_mixture_db,
            stems=_compare(rows, true_files, result, mixture.sample_rate),
        )


def _decode(file: Path, target: Path) -> audio.Pcm:
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
    separated = {row: [result.stems[stem].file for stem in stems] for row, (_, stems) in rows.items()}
    gain = result.manifest.common_gain
    framed = bsseval_sdrs(references, separated, sample_rate, gain)
    ideal = ideal_mask_agreements(references, true_files[MIXTURE], sample_rate)
    stems: list[StemQuality] = []
    for row in rows:
        reached = agreement(references[row], separated[row], gain)
        stems.append(
            StemQuality(
                stem=row,
                sdr_db=reached.sdr_db,
                bsseval_sdr_db=framed[row],
                si_sdr_db=reached.si_sdr_db,
                mixture_sdr_db=agreement(references[row], [true_files[MIXTURE]]).sdr_db,
                ideal_sdr_db=ideal[row].sdr_db,
            )
        )
    return tuple(stems)


def pair_stems(
    separated: Sequence[str], true: Sequence[str], folder: Path
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Say which stems to compare: row -> (true stems, separated stems), of which the sums are compared.

    folder: the song's, for the message. Raises AudioError where no row can be made.
    """
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
