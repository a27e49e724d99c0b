"""What was measured of a strategy's quality: records for programs, a table for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from statistics import fmean, median

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from stemset.separation import SILENCE_DB


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class StemQuality(_Record):
    """One stem of one song, in dB; higher is better.

    sdr_db: global SDR of the Music Demixing Challenge. bsseval_sdr_db: BSSEval v4, as museval has it: the median over
    frames of 1 s; None where no frame counts. si_sdr_db: scale-invariant. mixture_sdr_db: what the mixture scores in
    the stem's place, so what doing nothing gives. ideal_sdr_db: what the ideal ratio mask gives, which knows the true
    stems.
    """

    stem: str
    sdr_db: float
    bsseval_sdr_db: float | None
    si_sdr_db: float
    mixture_sdr_db: float
    ideal_sdr_db: float


class SongQuality(_Record):
    """How one song was separated.

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
    """All songs of a reference folder; the mean and the median over songs for each stem; the worst null test."""

    strategy: str
    songs: tuple[SongQuality, ...]
    mean: tuple[StemQuality, ...]
    median: tuple[StemQuality, ...]
    null_residual_dbfs: float | None
    times_real_time: float

    @classmethod
    def of(cls, strategy: str, songs: Sequence[SongQuality]) -> QualityReport:
        """The report over what was measured of each song."""
        residuals = [song.null_residual_dbfs for song in songs if song.null_residual_dbfs is not None]
        return cls(
            strategy=strategy,
            songs=tuple(songs),
            mean=_over_songs(songs, fmean),
            median=_over_songs(songs, median),
            null_residual_dbfs=max(residuals, default=None),
            times_real_time=sum(song.duration_s for song in songs) / sum(song.seconds for song in songs),
        )

    def table(self) -> Table:
        """A table for a terminal, with the dB of every stem of every song, and their mean and median."""
        table = Table(title=f"{self.strategy}: {self.times_real_time:.1f} × real time")
        table.add_column("song")
        table.add_column("stem", no_wrap=True)
        for heading in ("SDR dB", "BSSEval", "SI-SDR", "mixture", "ideal mask"):
            table.add_column(heading, justify="right")
        for song in self.songs:
            facts = (song.song, _describe_null_test(song.null_residual_dbfs), f"{song.times_real_time:.1f} × real time")
            _add(table, facts, song.stems)
        if len(self.songs) > 1:
            _add(table, (f"mean of {len(self.songs)} songs", _describe_null_test(self.null_residual_dbfs)), self.mean)
            _add(table, (f"median of {len(self.songs)} songs",), self.median)
        return table


def _add(table: Table, facts: Sequence[str], stems: Sequence[StemQuality]) -> None:
    for fact, stem in zip_longest(facts, stems):
        values = (
            ()
            if stem is None
            else (stem.sdr_db, stem.bsseval_sdr_db, stem.si_sdr_db, stem.mixture_sdr_db, stem.ideal_sdr_db)
        )
        figures = ("none" if value is None else f"{value:.2f}" for value in values)
        table.add_row(fact or "", "" if stem is None else stem.stem, *figures)
    table.add_section()


def _describe_null_test(residual_dbfs: float | None) -> str:
    if residual_dbfs is None:
        return "null test: parts dropped"
    return "null test: exact" if residual_dbfs <= SILENCE_DB else f"null test: {residual_dbfs:.1f} dBFS"


def _over_songs(songs: Sequence[SongQuality], over: Callable[[Iterable[float]], float]) -> tuple[StemQuality, ...]:
    by_stem: dict[str, list[StemQuality]] = {}
    for song in songs:
        for stem in song.stems:
            by_stem.setdefault(stem.stem, []).append(stem)
    return tuple(_summarise(name, stems, over) for name, stems in by_stem.items())


def _summarise(name: str, stems: Sequence[StemQuality], over: Callable[[Iterable[float]], float]) -> StemQuality:
    framed = [stem.bsseval_sdr_db for stem in stems if stem.bsseval_sdr_db is not None]
    return StemQuality(
        stem=name,
        sdr_db=over(stem.sdr_db for stem in stems),
        bsseval_sdr_db=over(framed) if framed else None,
        si_sdr_db=over(stem.si_sdr_db for stem in stems),
        mixture_sdr_db=over(stem.mixture_sdr_db for stem in stems),
        ideal_sdr_db=over(stem.ideal_sdr_db for stem in stems),
    )
