"""Sound in files: decode, resample, encode, measure. Samples are float32, (channels, frames), full scale ±1.0.

PyAV, soundfile and soxr do the work; everything runs block by block, in bounded memory.
"""

from __future__ import annotations

from stemset.audio.decoding import Probe, check_whole, decode, probe
from stemset.audio.encoding import encode
from stemset.audio.flac import FlacLayout, count_channels, flac_layout
from stemset.audio.formats import AudioFormat
from stemset.audio.loudness import Levels, measure, peak
from stemset.audio.pcm import (
    Pcm,
    Samples,
    blocks,
    fit_to_length,
    float_writer,
    pcm_of,
    read,
    replacing,
    resample_blocks,
    subtract,
    write,
    write_resampled,
)
from stemset.audio.peaks import overview, peaks
from stemset.audio.quantiser import Quantiser, common_gain, quantise
from stemset.audio.wav import wav_header, wav_samples, wav_size

__all__ = [
    "AudioFormat",
    "FlacLayout",
    "Levels",
    "Pcm",
    "Probe",
    "Quantiser",
    "Samples",
    "blocks",
    "check_whole",
    "common_gain",
    "count_channels",
    "decode",
    "encode",
    "fit_to_length",
    "flac_layout",
    "float_writer",
    "measure",
    "overview",
    "pcm_of",
    "peak",
    "peaks",
    "probe",
    "quantise",
    "read",
    "replacing",
    "resample_blocks",
    "subtract",
    "wav_header",
    "wav_samples",
    "wav_size",
    "write",
    "write_resampled",
]
