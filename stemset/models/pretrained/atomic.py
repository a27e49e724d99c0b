"""The library models: each one network of audio-separator, with what is known of it, under our slot names.

A new model is a class here: its file, its slots, and its card above it.
"""

from __future__ import annotations

from stemset.models.card import MDX_CATALOGUE, VR_CATALOGUE, Architecture, ModelCard, Score
from stemset.models.model import register
from stemset.models.params import DemucsParams, ManyStemParams, ModelParams, VrParams
from stemset.models.pretrained.model import AudioSeparatorLibraryModel

_MULTISONG = "MVSEP Multisong leaderboard"
_FILE_NAME = "the author's own validation songs, told in the file's name"

# GFLOP for one pass over one second of audio, counted on the networks at true size, times the passes that the
# overlap of chunks makes of it.
_MDX = 38 * 4 / 3
_HTDEMUCS = 29 * 4 / 3
_HTDEMUCS_6S = 22 * 4 / 3
_HDEMUCS = 19 * 4 / 3
_MEL = 388 * 2
_BS = 1087 * 2
_MDX23C_8K = 411 * 2
_MDX23C_2K = 195 * 2
# Of a VR network's windows a half or a quarter is context only.
_VR_HP = 105 * 2
_VR_48 = 72 * 4 / 3
_VR_64 = 127 * 4 / 3

_QUICK = "Runs well on a CPU: about half the length of the song on two cores."
_FAIR = "Bearable on a CPU: about twice the length of the song on two cores. Quick on a GPU."
_SLOW = "Made for a GPU. On two CPU cores it takes five to ten times the length of the song."
_GPU = "Needs a GPU. On two CPU cores it takes about 25 times the length of the song."

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


# --- cards of one architecture ---------------------------------------------------------------------------


def _megabytes(size: float) -> int:
    return round(size * 1_000_000)


def _scores(source: str, **sdr_db: float) -> tuple[Score, ...]:
    return tuple(Score(slot, value, source) for slot, value in sdr_db.items())


def _mdx(title: str, summary: str, megabytes: float, licence: str | None = None) -> ModelCard:
    return ModelCard(
        title=title,
        architecture=Architecture.MDX,
        summary=summary,
        size_bytes=_megabytes(megabytes),
        gflop_per_second=_MDX,
        device_advice=_QUICK,
        further_weights=(MDX_CATALOGUE,),
        licence=licence,
    )


def _kuielab(letter: str, stem: str) -> ModelCard:
    title = f"KUIELab MDX-Net {letter}, {stem}"
    summary = f"Takes the {stem} out of a song. Small and quick; made for the Music Demixing Challenge of 2021."
    return _mdx(title, summary, 30, "MIT")


def _demucs(
    title: str, summary: str, megabytes: float, gflop_per_second: float, signatures: tuple[str, ...], **sdr_db: float
) -> ModelCard:
    return ModelCard(
        title=title,
        architecture=Architecture.DEMUCS,
        summary=summary,
        size_bytes=_megabytes(megabytes),
        gflop_per_second=gflop_per_second,
        device_advice=_QUICK if len(signatures) == 1 else _FAIR,
        params=DemucsParams,
        further_weights=tuple(f"{signature}.th" for signature in signatures),
        licence="MIT",
        scores=_scores(_MULTISONG, **sdr_db),
    )


def _configured(
    architecture: Architecture,
    title: str,
    summary: str,
    configuration: str,
    megabytes: float,
    gflop_per_second: float,
    *,
    params: type[ModelParams] = ModelParams,
    scores: tuple[Score, ...] = (),
) -> ModelCard:
    """configuration: the name of the file that describes the network of these weights."""
    return ModelCard(
        title=title,
        architecture=architecture,
        summary=summary,
        size_bytes=_megabytes(megabytes),
        gflop_per_second=gflop_per_second,
        device_advice=_GPU if gflop_per_second >= _BS else _SLOW,
        params=params,
        further_weights=(configuration,),
        scores=scores,
    )


def _vr(title: str, summary: str, megabytes: float, gflop_per_second: float) -> ModelCard:
    return ModelCard(
        title=title,
        architecture=Architecture.VR,
        summary=summary,
        size_bytes=_megabytes(megabytes),
        gflop_per_second=gflop_per_second,
        device_advice=_FAIR,
        params=VrParams,
        further_weights=(VR_CATALOGUE,),
    )


# --- the models ------------------------------------------------------------------------------------------


@register(
    _configured(
        Architecture.MEL_ROFORMER,
        "MelBand Roformer, vocals (Kim)",
        "Takes the singing out of a song, cleanly. The first choice for vocals where there is a GPU.",
        "vocals_mel_band_roformer.yaml",
        913,
        _MEL,
        scores=_scores(_MULTISONG, vocals=10.98),
    )
)
class VocalsMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "vocals_mel_band_roformer.ckpt"
    output_slots = _VOCALS


@register(
    _configured(
        Architecture.ROFORMER,
        "BS-Roformer 1297, vocals (viperx)",
        "Takes the singing out of a song. Nearly three times the work of the MelBand Roformer, of like quality.",
        "model_bs_roformer_ep_317_sdr_12.9755.yaml",
        639,
        _BS,
        scores=_scores(_MULTISONG, vocals=10.87),
    )
)
class BSRoformer1297(AudioSeparatorLibraryModel):
    model_filename = "model_bs_roformer_ep_317_sdr_12.9755.ckpt"
    output_slots = _VOCALS


@register(
    _configured(
        Architecture.ROFORMER,
        "BS-Roformer SW, six stems",
        "Vocals, drums, bass, guitar, piano and the rest in one run; the best of all six-stem models here.",
        "BS-Roformer-SW.yaml",
        699,
        _BS,
        params=ManyStemParams,
        scores=_scores(_MULTISONG, vocals=11.27, drums=14.05, bass=14.57, guitar=9.00, piano=7.79, other=8.66),
    )
)
class BSRoformerSW(AudioSeparatorLibraryModel):
    model_filename = "BS-Roformer-SW.ckpt"
    output_slots = _SIX


@register(
    _configured(
        Architecture.MDX23C,
        "MDX23C InstVoc HQ",
        "Takes the singing out of a song. Of the generation before the Roformers.",
        "model_2_stem_full_band_8k.yaml",
        448,
        _MDX23C_8K,
    )
)
class MDX23CInstVocHQ(AudioSeparatorLibraryModel):
    model_filename = "MDX23C-8KFFT-InstVoc_HQ.ckpt"
    output_slots = _VOCALS


@register(
    _configured(
        Architecture.MDX23C,
        "MDX23C DrumSep, six drums",
        "Splits a drums stem into kick, snare, toms, hi-hat, ride and crash. Give it drums alone, not a song.",
        "config_drumsep_mdx23c.yaml",
        437,
        _MDX23C_2K,
    )
)
class MDX23CDrumSep(AudioSeparatorLibraryModel):
    model_filename = "MDX23C-DrumSep-aufr33-jarredou.ckpt"
    output_slots = _KIT


@register(
    _configured(
        Architecture.MEL_ROFORMER,
        "MelBand Roformer Karaoke (aufr33, viperx)",
        "Takes the lead voice out and leaves the backing voices. Give it a vocals stem, or a song for karaoke.",
        "mel_band_roformer_karaoke_aufr33_viperx_sdr_10.1956_config.yaml",
        913,
        _MEL,
        scores=_scores(_FILE_NAME, lead=10.1956),
    )
)
class KaraokeMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "mel_band_roformer_karaoke_aufr33_viperx_sdr_10.1956.ckpt"
    output_slots = _LEAD


@register(
    _configured(
        Architecture.MEL_ROFORMER,
        "MelBand Roformer De-Reverb (anvuew)",
        "Takes the room off a voice. Give it a vocals stem.",
        "dereverb_mel_band_roformer_anvuew.yaml",
        913,
        _MEL,
        scores=_scores(_FILE_NAME, dry=19.1729),
    )
)
class DereverbMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "dereverb_mel_band_roformer_anvuew_sdr_19.1729.ckpt"
    output_slots = _DRY


@register(
    _configured(
        Architecture.MEL_ROFORMER,
        "MelBand Roformer Denoise (aufr33)",
        "Takes hiss and hum off a recording.",
        "denoise_mel_band_roformer_aufr33_sdr_27.9959_config.yaml",
        913,
        _MEL,
        scores=_scores(_FILE_NAME, clean=27.9959),
    )
)
class DenoiseMelBandRoformer(AudioSeparatorLibraryModel):
    model_filename = "denoise_mel_band_roformer_aufr33_sdr_27.9959.ckpt"
    output_slots = _CLEAN


@register(
    _mdx("UVR MDX-Net Inst HQ 5", "Takes the accompaniment out of a song, and so leaves the singing. Quick.", 59.1)
)
class InstHQ5(AudioSeparatorLibraryModel):
    model_filename = "UVR-MDX-NET-Inst_HQ_5.onnx"
    output_slots = _ACCOMPANIMENT


@register(_mdx("UVR MDX-Net Voc FT", "Takes the singing out of a song. Quick.", 67))
class VocFT(AudioSeparatorLibraryModel):
    model_filename = "UVR-MDX-NET-Voc_FT.onnx"
    output_slots = _VOCALS


@register(_mdx("Kim Vocal 2", "Takes the singing out of a song. Quick.", 67))
class KimVocal2(AudioSeparatorLibraryModel):
    model_filename = "Kim_Vocal_2.onnx"
    output_slots = _VOCALS


@register(_kuielab("A", "vocals"))
class KuielabAVocals(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_vocals.onnx"
    output_slots = _VOCALS


@register(_kuielab("A", "drums"))
class KuielabADrums(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_drums.onnx"
    output_slots = _DRUMS


@register(_kuielab("A", "bass"))
class KuielabABass(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_bass.onnx"
    output_slots = _BASS


@register(_kuielab("A", "other"))
class KuielabAOther(AudioSeparatorLibraryModel):
    model_filename = "kuielab_a_other.onnx"
    output_slots = _OTHER


@register(_kuielab("B", "vocals"))
class KuielabBVocals(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_vocals.onnx"
    output_slots = _VOCALS


@register(_kuielab("B", "drums"))
class KuielabBDrums(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_drums.onnx"
    output_slots = _DRUMS


@register(_kuielab("B", "bass"))
class KuielabBBass(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_bass.onnx"
    output_slots = _BASS


@register(_kuielab("B", "other"))
class KuielabBOther(AudioSeparatorLibraryModel):
    model_filename = "kuielab_b_other.onnx"
    output_slots = _OTHER


@register(
    _demucs(
        "Demucs v4",
        "Vocals, drums, bass and the rest in one quick run. A good first choice on a CPU.",
        84,
        _HTDEMUCS,
        ("955717e8-8726e21a",),
        vocals=8.24,
        drums=10.88,
        bass=11.76,
        other=5.74,
    )
)
class HTDemucs(AudioSeparatorLibraryModel):
    model_filename = "htdemucs.yaml"
    output_slots = _FOUR


@register(
    _demucs(
        "Demucs v4, fine-tuned",
        "Four networks, each tuned to one of vocals, drums, bass and the rest: a little better, four times the work.",
        4 * 84,
        4 * _HTDEMUCS,
        ("f7e0c4bc-ba3fe64a", "d12395a8-e57c48e6", "92cfc3b6-ef3bcb9c", "04573f0d-f3cf25b2"),
        vocals=8.38,
        drums=11.13,
        bass=11.96,
        other=5.85,
    )
)
class HTDemucsFT(AudioSeparatorLibraryModel):
    model_filename = "htdemucs_ft.yaml"
    output_slots = _FOUR


@register(
    _demucs(
        "Demucs v4, six stems",
        "As Demucs v4, with guitar and piano as well. Its piano is weak.",
        55,
        _HTDEMUCS_6S,
        ("5c90dfd2-34c22ccb",),
        vocals=8.05,
        drums=10.22,
        bass=11.22,
    )
)
class HTDemucs6S(AudioSeparatorLibraryModel):
    model_filename = "htdemucs_6s.yaml"
    output_slots = _SIX


@register(
    _demucs(
        "Demucs v3, retrained",
        "Vocals, drums, bass and the rest, by the generation before Demucs v4.",
        167,
        _HDEMUCS,
        ("75fc33f5-1941ce65",),
    )
)
class HDemucsMMI(AudioSeparatorLibraryModel):
    model_filename = "hdemucs_mmi.yaml"
    output_slots = _FOUR


@register(
    _vr(
        "VR Karaoke 5 HP",
        "Takes the lead voice out of a song and leaves the backing voices. Of the generation before MDX-Net.",
        126.8,
        _VR_HP,
    )
)
class Karaoke5HP(AudioSeparatorLibraryModel):
    model_filename = "5_HP-Karaoke-UVR.pth"
    output_slots = _LEAD


@register(
    _vr(
        "VR Karaoke 6 HP",
        "Takes the lead voice out of a song, as VR Karaoke 5 HP: another training of the same network.",
        126.8,
        _VR_HP,
    )
)
class Karaoke6HP(AudioSeparatorLibraryModel):
    model_filename = "6_HP-Karaoke-UVR.pth"
    output_slots = _LEAD


@register(
    _vr(
        "VR De-Echo, normal (FoxJoy)",
        "Takes echoes off a voice. Give it a vocals stem.",
        127.1,
        _VR_48,
    )
)
class DeEchoNormal(AudioSeparatorLibraryModel):
    model_filename = "UVR-De-Echo-Normal.pth"
    output_slots = _ECHO


@register(
    _vr(
        "VR De-Echo, aggressive (FoxJoy)",
        "Takes more echoes off a voice than the normal one, and more of the voice. Give it a vocals stem.",
        127.1,
        _VR_48,
    )
)
class DeEchoAggressive(AudioSeparatorLibraryModel):
    model_filename = "UVR-De-Echo-Aggressive.pth"
    output_slots = _ECHO


@register(
    _vr(
        "VR De-Echo and De-Reverb (FoxJoy)",
        "Takes echoes and the room off a voice. Give it a vocals stem.",
        223.6,
        _VR_64,
    )
)
class DeEchoDeReverb(AudioSeparatorLibraryModel):
    model_filename = "UVR-DeEcho-DeReverb.pth"
    output_slots = _REVERB


@register(
    _vr(
        "VR Denoise (FoxJoy)",
        "Takes hiss and hum off a recording.",
        127.1,
        _VR_48,
    )
)
class DeNoise(AudioSeparatorLibraryModel):
    model_filename = "UVR-DeNoise.pth"
    output_slots = _NOISE
