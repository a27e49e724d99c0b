"""The measures, on signals whose figures are known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemset.audio import Samples, write
from stemset.bench.metrics import Agreement, agreement, bsseval_sdrs, ideal_mask_agreements

RATE = 44100


def tone(hertz: float, seconds: float = 1.0, peak: float = 0.5) -> Samples:
    wave = peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack((wave, wave)).astype(np.float32)


def halved(samples: Samples) -> Samples:
    return np.ldexp(samples, -1)


def saved(folder: Path, **signals: Samples) -> dict[str, Path]:
    files = {name: folder / f"{name}.wav" for name in signals}
    for name, samples in signals.items():
        write(files[name], samples, RATE)
    return files


def between(reference: Samples, estimate: Samples) -> Agreement:
    result = Agreement()
    result.add(reference, estimate)
    return result


def test_sdr_is_the_ratio_of_the_energies_of_reference_and_error() -> None:
    assert between(tone(440), tone(440, peak=0.45)).sdr_db == pytest.approx(20, abs=1e-4)
    assert between(tone(440), tone(440) + tone(1000)).sdr_db == pytest.approx(0, abs=1e-4)


def test_silence_in_place_of_a_stem_scores_0_db() -> None:
    assert between(tone(440), np.zeros_like(tone(440))).sdr_db == pytest.approx(0, abs=1e-4)


def test_a_silent_reference_gives_a_finite_figure() -> None:
    silent = np.zeros_like(tone(440))
    assert between(silent, silent).sdr_db == 0
    assert between(silent, tone(440)).sdr_db < -90
    assert between(silent, tone(440)).si_sdr_db < -90


def test_a_wrong_level_costs_sdr_but_not_si_sdr() -> None:
    noisy: Samples = tone(440) + tone(1000, peak=0.05)
    assert between(tone(440), noisy).si_sdr_db == pytest.approx(20, abs=1e-3)
    assert between(tone(440), halved(noisy)).si_sdr_db == pytest.approx(20, abs=1e-3)
    assert between(tone(440), halved(noisy)).sdr_db < 6.1


def test_adding_in_blocks_is_adding_at_once() -> None:
    in_blocks = Agreement()
    for start in range(0, RATE, 10000):
        in_blocks.add(tone(440)[:, start : start + 10000], tone(441)[:, start : start + 10000])
    assert in_blocks.sdr_db == pytest.approx(between(tone(440), tone(441)).sdr_db, rel=1e-9)


def test_groups_of_files_are_compared_as_sums_and_a_gain_is_taken_back(tmp_path: Path) -> None:
    files = saved(tmp_path, a=tone(440), b=tone(1000), sum=halved(tone(440) + tone(1000)))
    assert agreement([files["a"], files["b"]], [files["sum"]], 0.5).sdr_db > 90


@pytest.mark.parametrize("seconds", [0.1, 10.01, 10.05])
def test_the_ideal_mask_separates_what_does_not_overlap_in_frequency(seconds: float, tmp_path: Path) -> None:
    a, b = tone(440, seconds), tone(3000, seconds)
    files = saved(tmp_path, a=a, b=b, mixture=a + b)
    reached = ideal_mask_agreements({"a": [files["a"]], "b": [files["b"]]}, files["mixture"], RATE)
    assert reached["a"].reference_energy == pytest.approx(between(a, a).reference_energy, rel=1e-6)
    assert reached["a"].sdr_db > 25
    assert reached["b"].sdr_db > 25


def test_the_ideal_mask_counts_what_the_references_leave_as_a_source(tmp_path: Path) -> None:
    files = saved(tmp_path, a=tone(440), mixture=tone(440, peak=1.0))
    reached = ideal_mask_agreements({"a": [files["a"]]}, files["mixture"], RATE)
    # The rest of the mixture is as loud as the reference everywhere: half of it each, which is right here.
    assert reached["a"].sdr_db > 60


BSSEVAL_RATE = 8000


def bsseval_signals() -> tuple[dict[str, Samples], dict[str, Samples]]:
    """Three stems of 5.15 s, of which one is silent for a second, and estimates that get worse."""
    random = np.random.default_rng(1)
    true = random.normal(0, 0.1, (3, 41_234, 2)).astype(np.float32)
    true[1, 8000:16000] = 0
    worse = np.linspace(0.2, 2, true.shape[1])[None, :, None]
    estimates = (true + random.normal(0, 0.05, true.shape) * worse).astype(np.float32)
    estimates[2] *= np.float32(0.8)
    names = ("a", "b", "c")
    return (
        {name: sound.T for name, sound in zip(names, true, strict=True)},
        {name: sound.T for name, sound in zip(names, estimates, strict=True)},
    )


def test_framewise_sdr_is_that_of_museval(tmp_path: Path) -> None:
    true, estimates = bsseval_signals()
    files: dict[str, dict[str, list[Path]]] = {"true": {}, "estimated": {}}
    for side, sounds in (("true", true), ("estimated", estimates)):
        for name, sound in sounds.items():
            file = tmp_path / f"{side}-{name}.wav"
            write(file, np.ldexp(sound, -1) if side == "estimated" else sound, BSSEVAL_RATE)
            files[side][name] = [file]
    # numpy.nanmedian over the frames of metrics.bss_eval(true, estimates, compute_permutation=False, window=8000,
    # hop=8000, framewise_filters=False) of museval 0.4.1.
    museval = {"a": 4.172678056, "b": 4.214137263, "c": 5.457675481}
    told = bsseval_sdrs(files["true"], files["estimated"], BSSEVAL_RATE, 0.5)
    assert told == pytest.approx(museval, abs=1e-4)


def test_framewise_sdr_needs_a_frame_in_which_everything_sounds(tmp_path: Path) -> None:
    files = saved(tmp_path, a=tone(440), silent=np.zeros_like(tone(440)), short=tone(440, 0.5))
    a, silent, short = ([files[name]] for name in ("a", "silent", "short"))
    assert bsseval_sdrs({"a": a, "b": silent}, {"a": a, "b": a}, RATE) == {"a": None, "b": None}
    assert bsseval_sdrs({"a": a}, {"a": a}, RATE)["a"] == pytest.approx(200)
    assert bsseval_sdrs({"a": short}, {"a": short}, RATE)["a"] == pytest.approx(200)
