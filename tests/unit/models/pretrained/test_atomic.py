"""The library models are data: names, slots and cards, and nothing loads a network to read them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stemset.models import registry
from stemset.models.pretrained import atomic
from stemset.models.pretrained.atomic import CARDS
from stemset.models.pretrained.model import AudioSeparatorLibraryModel

MODELS = sorted(CARDS)


def test_every_card_belongs_to_a_registered_library_model() -> None:
    for name, card in CARDS.items():
        assert issubclass(registry.find(name), AudioSeparatorLibraryModel)
        assert registry.card(name) is card


def test_a_library_model_defines_its_file_and_its_slots_and_nothing_else() -> None:
    models = [value for value in vars(atomic).values() if isinstance(value, type)]
    for model in models:
        if model is not AudioSeparatorLibraryModel and issubclass(model, AudioSeparatorLibraryModel):
            # Params comes from the base class, which derives it from the slots.
            own = {name for name in vars(model) if not name.startswith("_")} - {"Params"}
            assert own == {"model_filename", "output_slots"}


@pytest.mark.parametrize("name", MODELS)
def test_a_card_says_what_a_user_wants_to_know(name: str) -> None:
    card = registry.card(name)
    assert name in card.weights
    assert card.summary.endswith(".")
    assert card.device_advice.endswith(".")
    assert card.size_bytes > 1_000_000
    assert card.gflop_per_second > 0
    for score in card.scores:
        assert score.slot in registry.find(name).output_slots
        assert score.source


@pytest.mark.parametrize("name", MODELS)
def test_slots_are_words_that_fit_a_file_name(name: str) -> None:
    for slot, description in registry.find(name).output_slots.items():
        assert slot.replace("_", "").isalpha()
        assert slot == slot.lower()
        assert description.endswith(".")


def test_reading_the_registry_imports_no_engine() -> None:
    script = (
        "import sys; from stemset.models import registry\n"
        "from stemset.models.weights.files import weights_state\n"
        "from pathlib import Path\n"
        "for name in registry.names(): weights_state(registry.card(name), Path('.'))\n"
        "print([name for name in ('torch', 'onnxruntime', 'librosa', 'audio_separator') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
