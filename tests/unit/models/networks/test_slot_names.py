from __future__ import annotations

import pytest

from stemset.models.networks.slot_names import find_slot

VOCALS = ("vocals", "not_vocals")
FOUR = ("vocals", "drums", "bass", "other")


@pytest.mark.parametrize(
    ("stem", "slots", "slot"),
    [
        ("Vocals", VOCALS, "vocals"),
        ("Instrumental", VOCALS, "not_vocals"),
        ("No Drums", ("drums", "not_drums"), "not_drums"),
        ("no bass", ("bass", "not_bass"), "not_bass"),
        ("No Other", ("other", "not_other"), "not_other"),
        ("other", FOUR, "other"),
        ("hh", ("kick", "hi_hat"), "hi_hat"),
        ("Vocals", ("lead", "not_lead"), "lead"),
        ("karaoke", ("lead", "not_lead"), "lead"),
        ("Instrumental", ("lead", "not_lead"), "not_lead"),
        ("noreverb", ("dry", "reverb"), "dry"),
        ("No Reverb", ("dry", "reverb"), "dry"),
        ("reverb", ("dry", "reverb"), "reverb"),
        ("dry", ("clean", "noise"), "clean"),
        ("other", ("clean", "noise"), "noise"),
        ("guitar", FOUR, None),
    ],
)
def test_the_librarys_names_belong_to_our_slots(stem: str, slots: tuple[str, ...], slot: str | None) -> None:
    assert find_slot(stem, slots) == slot
