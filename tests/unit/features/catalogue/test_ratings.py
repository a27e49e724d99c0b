"""A strategy is as good as the weakest of its networks, and takes the time of all of them."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from stemset.features.catalogue.ratings import Quality, estimate_seconds, rate_quality
from stemset.features.separations.paces import published_pace
from stemset.models.registry import card
from stemset.strategy import parse

VOCALS: dict[str, JsonValue] = {"vocals": "vocals", "not_vocals": "rest"}


def test_the_weakest_network_decides_on_the_quality() -> None:
    def quality(tree: object) -> Quality:
        return rate_quality(parse("s", tree))

    best = {"_": "vocals_mel_band_roformer.ckpt", "vocals": "vocals", "not_vocals": "rest"}
    assert quality(best) is Quality.BEST
    ft = {"_": "htdemucs_ft.yaml", "vocals": None, "drums": "drums", "bass": "bass", "other": "other"}
    assert quality({**best, "not_vocals": ft}) is Quality.VERY_GOOD
    assert quality({**best, "not_vocals": {"_": "percussive", "drums": "drums", "not_drums": "x"}}) is Quality.PREVIEW


@pytest.mark.parametrize(
    ("model", "quality"),
    [
        # Of its published SDR, the lead over htdemucs on the same songs.
        ("vocals_mel_band_roformer.ckpt", Quality.BEST),  # vocals 10.98 - 8.24 = 2.74 dB
        ("model_bs_roformer_ep_317_sdr_12.9755.ckpt", Quality.BEST),  # vocals 10.87 - 8.24 = 2.63 dB
        ("MDX23C-8KFFT-InstVoc_HQ.ckpt", Quality.GOOD),  # nothing published that compares
    ],
)
def test_a_network_is_rated_by_its_lead_over_htdemucs(model: str, quality: Quality) -> None:
    assert rate_quality(parse("s", {"_": model, **VOCALS})) is quality


@pytest.mark.parametrize(("model", "quality"), [("htdemucs.yaml", "very_good"), ("htdemucs_6s.yaml", "good")])
def test_not_worse_than_htdemucs_is_very_good_and_worse_is_good(model: str, quality: str) -> None:
    slots = {"vocals": "v", "drums": "d", "bass": "b", "other": "o"}
    if model == "htdemucs_6s.yaml":
        slots |= {"guitar": "g", "piano": "p"}
    assert rate_quality(parse("s", {"_": model, **slots})).value == quality


def test_more_cores_make_networks_quicker_but_not_the_built_in_models() -> None:
    demucs = parse("d", {"_": "htdemucs.yaml", "vocals": "v", "drums": "d", "bass": "b", "other": "o"})
    built_in = parse("b", {"_": "percussive", "drums": "d", "not_drums": "o"})
    assert estimate_seconds(demucs, 8) < estimate_seconds(demucs, 2) / 3
    assert estimate_seconds(built_in, 8) == estimate_seconds(built_in, 1) == 8.0


def test_a_strategy_takes_the_paces_of_its_models_times_four_minutes() -> None:
    ensemble: JsonValue = ["vocals_mel_band_roformer.ckpt", "Kim_Vocal_2.onnx"]
    strategy = parse("both", {"_": ensemble, "blend": {"domain": "spectrum", "weights": [3, 1]}, **VOCALS})
    paces = [published_pace(card(name), 4) for name in strategy.models]
    assert estimate_seconds(strategy, 4) == pytest.approx(240 * sum(paces), abs=0.05)
