"""The library models: each one network of audio-separator, under our slot names. What else is known is in cards.py."""

from __future__ import annotations

from stemset.models.base import AudioSeparatorLibraryModel, DemucsParams, VrParams
from stemset.models.cards import CARDS
from stemset.models.registry import Architecture, register

_VOCALS = {"vocals": "Singing and speech.", "not_vocals": "Everything but the voices."}
_DRUMS = {"drums": "Drums and percussion.", "not_drums": "Everything but drums and percussion."}
_BASS = {"bass": "Bass guitar or synth bass.", "not_bass": "Everything but the bass."}
_OTHER = {"other": "Everything but vocals, drums and bass.", "not_other": "Vocals, drums and bass."}
_FOUR = {
    "vocals": "Singing and speech.",
    "drums": "Drums and percussion.",
    "bass": "Bass guitar or synth bass.",
    "other": "Everything else.",
}
_SIX = {**_FOUR, "guitar": "Guitars.", "piano": "Piano."}
_KIT = {
    "kick": "Bass drum.",
    "snare": "Snare drum.",
    "toms": "Toms.",
    "hi_hat": "Hi-hat.",
    "ride": "Ride cymbal.",
    "crash": "Crash cymbals.",
}
_LEAD = {"lead": "The lead voice.", "not_lead": "Everything but the lead voice; backing voices stay in it."}
_DRY = {"dry": "The voice without its room.", "reverb": "The room alone."}
_CLEAN = {"clean": "The recording without its noise.", "noise": "Hiss and hum alone."}
# These networks hear nothing above 18 kHz, so the slot that one keeps is the rest: it has all of that.
_REVERB = {"reverb": _DRY["reverb"], "dry": _DRY["dry"]}
_ECHO = {"echo": "The echo alone.", "dry": "The voice without its echo."}
_NOISE = {"noise": _CLEAN["noise"], "clean": _CLEAN["clean"]}
# This network hears the accompaniment, so the voices are the rest.
_ACCOMPANIMENT = {"not_vocals": _VOCALS["not_vocals"], "vocals": _VOCALS["vocals"]}


def _described(model: type[AudioSeparatorLibraryModel]) -> type[AudioSeparatorLibraryModel]:
    card = CARDS[model.model_filename]
    if card.architecture is Architecture.DEMUCS:
        model.Params = DemucsParams
    if card.architecture is Architecture.VR:
        model.Params = VrParams
    return register(card)(model)


@_described
class VocalsMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "vocals_mel_band_roformer.ckpt"
    output_slots = _VOCALS


@_described
class BSRoformer1297(AudioSeparatorLibraryModel):
    model_filename = "model_bs_roformer_ep_317_sdr_12.9755.ckpt"
    output_slots = _VOCALS


@_described
class BSRoformerSW(AudioSeparatorLibraryModel):
    model_filename = "BS-Roformer-SW.ckpt"
    output_slots = _SIX


@_described
class MDX23CInstVocHQ(AudioSeparatorLibraryModel):
    model_filename = "MDX23C-8KFFT-InstVoc_HQ.ckpt"
    output_slots = _VOCALS


@_described
class MDX23CDrumSep(AudioSeparatorLibraryModel):
    model_filename = "MDX23C-DrumSep-aufr33-jarredou.ckpt"
    output_slots = _KIT


@_described
class KaraokeMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "mel_band_roformer_karaoke_aufr33_viperx_sdr_10.1956.ckpt"
    output_slots = _LEAD


@_described
class DereverbMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "dereverb_mel_band_roformer_anvuew_sdr_19.1729.ckpt"
    output_slots = _DRY


@_described
class DenoiseMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "denoise_mel_band_roformer_aufr33_sdr_27.9959.ckpt"
    output_slots = _CLEAN


@_described
class InstHQ5(AudioSeparatorLibraryModel):
    model_filename = "UVR-MDX-NET-Inst_HQ_5.onnx"
    output_slots = _ACCOMPANIMENT


@_described
class VocFT(AudioSeparatorLibraryModel):
    model_filename = "UVR-MDX-NET-Voc_FT.onnx"
    output_slots = _VOCALS


@_described
class KimVocal2(AudioSeparatorLibraryModel):
    model_filename = "Kim_Vocal_2.onnx"
    output_slots = _VOCALS


@_described
class KuielabAVocals(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_vocals.onnx"
    output_slots = _VOCALS


@_described
class KuielabADrums(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_drums.onnx"
    output_slots = _DRUMS


@_described
class KuielabABass(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_bass.onnx"
    output_slots = _BASS


@_described
class KuielabAOther(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_other.onnx"
    output_slots = _OTHER


@_described
class KuielabBVocals(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_vocals.onnx"
    output_slots = _VOCALS


@_described
class KuielabBDrums(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_drums.onnx"
    output_slots = _DRUMS


@_described
class KuielabBBass(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_bass.onnx"
    output_slots = _BASS


@_described
class KuielabBOther(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_other.onnx"
    output_slots = _OTHER


@_described
class HTDemucs(AudioSeparatorLibraryModel):
    model_filename = "htdemucs.yaml"
    output_slots = _FOUR


@_described
class HTDemucsFT(AudioSeparatorLibraryModel):
    model_filename = "htdemucs_ft.yaml"
    output_slots = _FOUR


@_described
class HTDemucs6S(AudioSeparatorLibraryModel):
    model_filename = "htdemucs_6s.yaml"
    output_slots = _SIX


@_described
class HDemucsMMI(AudioSeparatorLibraryModel):
    model_filename = "hdemucs_mmi.yaml"
    output_slots = _FOUR


@_described
class Karaoke5HP(AudioSeparatorLibraryModel):
    model_filename = "5_HP-Karaoke-UVR.pth"
    output_slots = _LEAD


@_described
class Karaoke6HP(AudioSeparatorLibraryModel):
    model_filename = "6_HP-Karaoke-UVR.pth"
    output_slots = _LEAD


@_described
class DeEchoNormal(AudioSeparatorLibraryModel):
    model_filename = "UVR-De-Echo-Normal.pth"
    output_slots = _ECHO


@_described
class DeEchoAggressive(AudioSeparatorLibraryModel):
    model_filename = "UVR-De-Echo-Aggressive.pth"
    output_slots = _ECHO


@_described
class DeEchoDeReverb(AudioSeparatorLibraryModel):
    model_filename = "UVR-DeEcho-DeReverb.pth"
    output_slots = _REVERB


@_described
class DeNoise(AudioSeparatorLibraryModel):
    model_filename = "UVR-DeNoise.pth"
    output_slots = _NOISE
