"""Maps the library's stem names to our slots. Nothing else in Stemset knows those names."""

from __future__ import annotations

from collections.abc import Iterable

# slot -> what the library, and the configuration files of the networks, call it besides the slot's own name.
_ALIASES: dict[str, tuple[str, ...]] = {
    "not_vocals": ("instrumental", "inst"),
    "lead": ("vocals", "karaoke", "lead vocals", "lead only"),
    "not_lead": ("instrumental", "other", "backing vocals", "backing only"),
    "dry": ("no reverb", "noreverb", "no echo"),
    "clean": ("dry", "no noise"),
    "noise": ("other", "no dry"),
    "hi_hat": ("hh", "hihat", "hi-hat"),
}


def find_slot(stem: str, slots: Iterable[str]) -> str | None:
    """The slot that the library's `stem` belongs to, among a model's slots; None where it has none.

    A slot's own name wins over its aliases. Case, spaces and underscores don't matter; `No Drums` is `not_drums`.
    """
    wanted = _plain(stem)
    known = tuple(slots)
    for slot in known:
        if wanted == _plain(slot):
            return slot
    for slot in known:
        names = (*_ALIASES.get(slot, ()), slot.replace("not_", "no ", 1) if slot.startswith("not_") else slot)
        if wanted in map(_plain, names):
            return slot
    return None


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").split())
