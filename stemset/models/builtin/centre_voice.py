"""The voice, by its place and shape: in the centre, sustained, in the range where voices sing."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from stemset.models.builtin.rank_filters import Spectrogram, rank_over_bins, rank_over_time
from stemset.models.builtin.stft import Grid
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import register

_SUSTAIN_S = 0.15
_BREADTH_HZ = 400.0
_RANGE_HZ = (120.0, 200.0, 5000.0, 8000.0, 12000.0)
_RANGE_GAIN = (0.0, 1.0, 1.0, 0.3, 0.1)
_TINY = np.float32(1e-18)


@register(
    ModelCard(
        title="Centre voice (built in)",
        architecture=Architecture.SPECTRAL,
        summary=(
            "A voice by its sustained tones in the centre; other centred instruments come along. "
            "A preview that needs no download; far from a neural network."
        ),
        size_bytes=0,
        gflop_per_second=0.1,
        device_advice="Any processor; about 100 times faster than the song plays, on one core.",
        licence="MIT",
    )
)
class CentreVoice(TwoWaySplit):
    """Vocals out of a mixture, best without drums and bass."""

    model_filename = "centre_voice"
    output_slots: ClassVar[dict[str, str]] = {
        "vocals": "Sustained sounds in the centre between 200 Hz and 5 kHz, where lead vocals are mixed.",
        "not_vocals": "Everything else.",
    }
    # Twice as long a window would tell the tones apart better, but smears vibrato and consonants.
    window_s = 2048 / 44100
    reach_s = _SUSTAIN_S

    def masks(self, mid: Spectrogram, side: Spectrogram, grid: Grid) -> tuple[Spectrogram, Spectrogram]:
        power = mid + side + _TINY
        sustained = rank_over_time(power, grid.frames(_SUSTAIN_S))
        hit = rank_over_bins(power, grid.bins(_BREADTH_HZ))
        sung = np.interp(grid.frequencies, _RANGE_HZ, _RANGE_GAIN).astype(np.float32)
        mask = sustained / (sustained + hit) * np.sqrt(mid / power) * sung
        mask = mask.astype(np.float32, copy=False)
        return mask, mask
