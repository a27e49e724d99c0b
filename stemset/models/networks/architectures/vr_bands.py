"""The spectra that VR networks work on: a song cut into bands, each with a rate and a window of its own.

The library splits the whole song, at several rates, and puts all of it together again. Both ways are linear, and of
finite reach: so a piece of the song with enough of its surroundings gives the same spectra, and the sounds of pieces of
a spectrum add up to the sound of the whole. What the library takes for silence, at every rate and in every spectrum, is
what lies before the first sample and behind the last; a piece is told where it lies, and does the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.concurrency.import_lock import import_lock
from stemset.errors import ModelFailed
from stemset.models.networks.inference.stft import overlap_add

Spectrum = NDArray[np.complex64]
"""Shape (2, bins, times): all bands, one upon the other."""

# The matrices that turn left and right into the channels of a band; the way back is the inverse.
_PAIRS = {
    "mid_side": ((0.5, 0.5), (1, -1)),
    "mid_side_b2": ((0.5, 1), (1, -0.5)),
    "mid_side_c": ((1, 0.25), (-0.25, 1)),
    "stereo_n": ((1 / 0.9375, 0.25 / 0.9375), (0.25 / 0.9375, 1 / 0.9375)),
}
# Samples at the lower rate that the filter of a change of rate reaches; libsamplerate's, the longest, reaches 19.25.
_FILTER_REACH = 20


class BandSettings(TypedDict):
    """One band as the library describes it. sr: its rate, hl: its hop, in samples at that rate.

    hpf_*: bins of its high pass, which the lowest band lacks; lpf_*: of its low pass, which the highest lacks.
    """

    sr: int
    hl: int
    n_fft: int
    crop_start: int
    crop_stop: int
    res_type: str
    hpf_start: NotRequired[int]
    hpf_stop: int
    lpf_start: int
    lpf_stop: int
    convert_channels: NotRequired[str]


class SpectrumSettings(TypedDict):
    """How the library splits the songs of one network. band: number -> band, from the lowest to the highest."""

    sr: int
    bins: int
    reverse: bool
    band: dict[int, BandSettings]
    aggr_correction: NotRequired[dict[str, float] | None]


class BandParameters(Protocol):
    """The library's ModelParameters."""

    param: SpectrumSettings


_Filter = Callable[..., NDArray[np.float64]]


@dataclass(frozen=True)
class _Band:
    """hop, n_fft: in samples at its rate. ratio: of its rate to that of the band below.

    bins: those of its spectrum that belong to it; place: of the first of them among the bins of all bands.
    weights: of its bins on the way back to sound. from_stereo, to_stereo: matrices from left and right to its channels
    and back.
    """

    hop: int
    n_fft: int
    ratio: int
    bins: slice
    place: int
    weights: NDArray[np.float32]
    from_stereo: NDArray[np.float32]
    to_stereo: NDArray[np.float32]

    @cached_property
    def window(self) -> NDArray[np.float32]:
        return np.hanning(self.n_fft + 1)[:-1].astype(np.float32)


class Bands:
    """How one network's songs are split. Songs come at the rate of its highest band.

    hop: samples from one time of the spectrum to the next; bins: of the spectrum. reach: how many times a piece of
    sound must reach further than its spectrum, to both sides.
    """

    def __init__(self, parameters: BandParameters, utils: ModuleType, *, new: bool) -> None:
        """utils: the library's spec_utils; new: whether the network is a VR 5.1.

        Raises ModelFailed for bands that are split in a way that no published network needs.
        """
        self._parameters, self._utils, self._new = parameters, utils, new
        described = parameters.param
        if described["reverse"]:
            raise ModelFailed("Networks that hear songs backwards are not supported.")
        self._bands = _read_bands(described, utils, new=new)
        self.hop, self.bins = self._bands[-1].hop, int(described["bins"]) + 1
        filters = sum(_FILTER_REACH / below.hop for below, band in pairwise(self._bands) if band.ratio > 1)
        self.reach = math.ceil(max(band.n_fft / 2 / band.hop for band in self._bands) + filters)

    def times(self, frames: int) -> int:
        """How many times the spectrum of a song of so many frames has."""
        lengths = self._band_lengths(frames)
        return min(1 + length // band.hop for band, length in zip(self._bands, lengths, strict=True))

    def spectrum(self, sound: Samples, first: int, frames: int) -> Spectrum:
        """The spectrum of a piece of a song of so many frames, from the time `first` on.

        sound: begins `reach` times before that and ends `reach` times behind the last time of the spectrum. Times that
        the spectrum of the song doesn't have are zero.
        """
        times, lengths = sound.shape[1] // self.hop - 2 * self.reach, self._band_lengths(frames)
        spectra: dict[int, Spectrum] = {}
        for number in range(len(self._bands), 0, -1):
            band = self._bands[number - 1]
            if number < len(self._bands) and (ratio := self._bands[number].ratio) > 1:
                with import_lock:
                    signal = import_module("scipy.signal")
                sound = signal.resample_poly(sound, 1, ratio, axis=1)
                _silence_outside(sound, (first - self.reach) * band.hop, lengths[number - 1])
            framed = np.lib.stride_tricks.sliding_window_view(band.from_stereo @ sound, band.n_fft, axis=1)
            framed = framed[:, self.reach * band.hop - band.n_fft // 2 :: band.hop][:, :times]
            spectra[number] = np.fft.rfft(framed * band.window).astype(np.complex64).transpose(0, 2, 1)
        whole = self._utils.combine_spectrograms(spectra, self._parameters, is_v51_model=self._new)
        whole[:, :, ~self._is_inside(first, times, frames)] = 0
        return whole

    def sound(self, spectrum: Spectrum, first: int, frames: int) -> Samples:
        """What a piece of the spectrum, from the time `first` on, adds to the sound of the whole.

        It begins `reach` times before that and ends `reach` times behind the last; the song has so many frames.
        """
        end, sound = self.times(frames) - 1, np.zeros((2, 0), np.float32)
        for band in self._bands:
            if band.ratio > 1:
                sound = _upsample(sound, band.ratio)
            part = band.to_stereo @ self._band_sound(band, spectrum, first, frames)
            sound = part + sound if sound.size else part
            _silence_outside(sound, (first - self.reach) * band.hop, end * band.hop)
        return sound

    def _band_sound(self, band: _Band, spectrum: Spectrum, first: int, frames: int) -> Samples:
        """The sound of one band, at its rate."""
        times, reach = spectrum.shape[2], self.reach
        # Every time of the song counts here, also one that the piece has nothing of.
        inside = self._is_inside(first - 2 * reach, times + 4 * reach, frames)
        squares = overlap_add(np.outer(inside, np.square(band.window)).astype(np.float32), band.hop)
        before = reach * band.hop + band.n_fft // 2
        weight = squares[before : before + (times + 2 * reach) * band.hop]
        weight[weight <= np.finfo(np.float32).tiny] = 1
        part = np.zeros((2, weight.size), np.float32)
        of_band = np.zeros((times, band.n_fft // 2 + 1), np.complex64)
        width = band.bins.stop - band.bins.start
        for channel in range(2):
            own = spectrum[channel, band.place : band.place + width].T
            of_band[:, band.bins] = own * band.weights[band.bins]
            framed = np.fft.irfft(of_band, band.n_fft).astype(np.float32) * band.window
            total = overlap_add(framed, band.hop)[: band.n_fft + (times - 1) * band.hop]
            begin = reach * band.hop - band.n_fft // 2
            part[channel, begin : begin + total.size] = total
        return part / weight

    def _is_inside(self, first: int, times: int, frames: int) -> NDArray[np.bool_]:
        """Which of these times the spectrum of the song has."""
        at = np.arange(first, first + times)
        return (at >= 0) & (at < self.times(frames))

    def _band_lengths(self, frames: int) -> list[int]:
        """The length of a song of so many frames in each band, in samples at the band's rate."""
        lengths = [frames]
        for band in reversed(self._bands[1:]):
            lengths.insert(0, -(-lengths[0] // band.ratio))
        return lengths


def _read_bands(described: SpectrumSettings, utils: ModuleType, *, new: bool) -> list[_Band]:
    """The bands from the lowest to the highest."""
    bands: list[_Band] = []
    settings = [described["band"][number] for number in sorted(described["band"])]
    place, rate, hop = 0, settings[0]["sr"], settings[0]["hl"]
    for number, band in enumerate(settings):
        ratio = band["sr"] // rate
        even = band["sr"] == ratio * rate and band["hl"] == ratio * hop
        if not even or (ratio > 1 and settings[number - 1]["res_type"] != "polyphase"):
            raise ModelFailed("The network's bands have rates that are not supported.")
        bins = slice(band["crop_start"], band["crop_stop"])
        weights = np.ones((1, band["n_fft"] // 2 + 1, 1))
        if (first := band.get("hpf_start", 0)) > 0:
            high_pass = utils.get_hp_filter_mask if new else utils.fft_hp_filter
            weights = _apply_filter(weights, high_pass, first, band["hpf_stop"] - 1, new=new)
        if number < len(settings) - 1:
            low_pass = utils.get_lp_filter_mask if new else utils.fft_lp_filter
            weights = _apply_filter(weights, low_pass, band["lpf_start"], band["lpf_stop"], new=new)
        pair = band.get("convert_channels", "") if new else next((name for name in _PAIRS if described.get(name)), "")
        from_stereo = np.array(_PAIRS.get(pair, ((1, 0), (0, 1))))
        bands.append(
            _Band(
                hop=band["hl"],
                n_fft=band["n_fft"],
                ratio=ratio,
                bins=bins,
                place=place,
                weights=weights[0, :, 0].astype(np.float32),
                from_stereo=from_stereo.astype(np.float32),
                to_stereo=np.linalg.inv(from_stereo).astype(np.float32),
            )
        )
        place, rate, hop = place + bins.stop - bins.start, band["sr"], band["hl"]
    return bands


def _apply_filter(
    weights: NDArray[np.float64], library_filter: _Filter, start: int, stop: int, *, new: bool
) -> NDArray[np.float64]:
    """The filtered weights, shape (1, bins, 1). An older network's filter works on them, a VR 5.1's gives factors."""
    if new:
        return weights * library_filter(weights.shape[1], start, stop)
    return library_filter(weights, start, stop)


def _silence_outside(sound: Samples, start: int, frames: int) -> None:
    """Clear what lies before the song or behind it. start: the sample of the song that the sound begins with."""
    sound[:, : max(0, -start)] = 0
    sound[:, max(0, frames - start) :] = 0


def _upsample(sound: Samples, ratio: int) -> Samples:
    """The sound at `ratio` times its rate, by the library's own resampler."""
    return import_module("samplerate").resample(np.ascontiguousarray(sound.T), float(ratio), "sinc_fastest").T
