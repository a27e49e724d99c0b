"""The library models are data: names, slots and cards, and nothing loads a network to read them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stemset.models import registry
from stemset.models.params import ManyStemParams
from stemset.models.pretrained import atomic
from stemset.models.pretrained.model import AudioSeparatorLibraryModel

CLASSES = {
    value.model_filename: value
    for value in vars(atomic).values()
    if isinstance(value, type)
    and issubclass(value, AudioSeparatorLibraryModel)
    and value is not AudioSeparatorLibraryModel
}
MODELS = sorted(CLASSES)


@pytest.mark.parametrize("name", MODELS)
def test_every_library_model_is_registered_with_its_card(name: str) -> None:
    assert registry.find(name) is CLASSES[name]
    assert registry.card(name) is CLASSES[name].card
    assert registry.card(name).name == name


@pytest.mark.parametrize("name", MODELS)
def test_a_library_model_defines_its_file_and_its_slots_and_nothing_else(name: str) -> None:
    # The card comes from its registration.
    own = {attribute for attribute in vars(CLASSES[name]) if not attribute.startswith("_")} - {"card"}
    assert own == {"model_filename", "output_slots"}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_with_other_among_many_slots_can_keep_a_residual(name: str) -> None:
    assert issubclass(registry.card(name).params, ManyStemParams) == (CLASSES[name].complement() == "other")


@pytest.mark.parametrize("name", MODELS)
def test_a_card_says_what_a_user_wants_to_know(name: str) -> None:
    card = registry.card(name)
    assert card.weights[0] == name
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
