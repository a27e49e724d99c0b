"""What a GPU computes, beside the CPU. The tests are skipped where torch sees no GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stemset.audio import Samples
from tests.integration.test_forward import ON_TORCH, load, module_of, run, song

NETWORKS = (*ON_TORCH, "BS-Roformer-SW.ckpt")
FRAMES = 900_001

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")


def signal_to_noise(got: dict[str, Samples], expected: dict[str, Samples]) -> float:
    """Of the worst stem, in dB."""
    return min(
        10 * np.log10(np.square(expected[stem]).sum() / np.square(got[stem] - expected[stem]).sum())
        for stem in expected
    )


def apart(got: dict[str, Samples], expected: dict[str, Samples]) -> float:
    return max(float(np.abs(got[stem] - expected[stem]).max()) for stem in expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_in_full_precision_it_is_the_cpu_whatever_the_batch(name: str, tiny_models: Path, tmp_path: Path) -> None:
    file = song(FRAMES, tmp_path)
    expected = run(load(name, tiny_models), file)
    network = load(name, tiny_models, device="cuda", precision="float32")
    assert apart(run(network, file), expected) <= 1e-5
    assert module_of(network).batch() > 1
    for batch in (1, 3, 4, 8, 16):
        module_of(network)._batch = batch
        assert apart(run(network, file), expected) <= 1e-5


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("name", NETWORKS)
def test_half_precision_is_its_default_and_40_db_from_full(
    name: str, compiled: bool, tiny_models: Path, tmp_path: Path
) -> None:
    file = song(FRAMES, tmp_path)
    network = load(name, tiny_models, device="cuda", compiled=compiled)
    found = signal_to_noise(run(network, file), run(load(name, tiny_models), file))
    assert 40 <= found < 100


@pytest.mark.parametrize("name", ON_TORCH)
def test_a_batch_that_does_not_fit_is_halved(name: str, tiny_models: Path, tmp_path: Path) -> None:
    file = song(FRAMES, tmp_path)
    network = load(name, tiny_models, device="cuda", precision="float32")
    expected = run(network, file)
    forward = module_of(network)
    forward._batch = 4
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    run(network, file)
    enough_for_four = torch.cuda.max_memory_allocated()
    forward._batch = 16
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(enough_for_four * 1.2 / torch.cuda.mem_get_info()[1])
    try:
        got = run(network, file)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert forward.batch() < 16
    assert apart(got, expected) <= 1e-5
