"""Sound in files: decode, resample, encode, measure. Samples are float32, (channels, frames), full scale ±1.0.

PyAV, soundfile, soxr and pyloudnorm do the work; everything runs block by block, in bounded memory.
"""

from __future__ import annotations

from stemset.audio.decoding import Probe, decode, probe
from stemset.audio.encoding import encode
from stemset.audio.formats import AudioFormat
from stemset.audio.pcm import Pcm, Samples, blocks, pcm_of, read, resample, subtract, write
from stemset.audio.quantiser import Quantiser, quantise

__all__ = [
    "AudioFormat",
    "Pcm",
    "Probe",
    "Quantiser",
    "Samples",
    "blocks",
    "decode",
    "encode",
    "pcm_of",
    "probe",
    "quantise",
    "read",
    "resample",
    "subtract",
    "write",
]
