from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stemset.concurrency.progress import ignore_progress
from stemset.models import registry
from stemset.models.network_cache import NetworkCache
from stemset.models.params import DemucsParams, ModelParams
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from tests.support.models import Share, ShareParams

DEMUCS = registry.find("htdemucs.yaml")


@pytest.fixture
def pool(tmp_path: Path) -> ModelPool:
    return ModelPool(Runtime(tmp_path))


class Weights:
    """A network that holds nothing."""

    def release(self) -> None:
        """Give back nothing."""


def test_a_model_with_its_parameters_is_one_instance(pool: ModelPool) -> None:
    assert pool.get(Share, ShareParams()) is pool.get(Share, ShareParams(share=0.5))
    assert pool.get(Share, ShareParams()) is not pool.get(Share, ShareParams(share=0.25))


def test_another_model_is_another_instance(pool: ModelPool) -> None:
    low, voice = (pool.get(registry.find(name), ModelParams()) for name in ("low_end", "centre_voice"))
    assert type(low) is registry.find("low_end")
    assert type(voice) is registry.find("centre_voice")


def test_an_instance_has_its_parameters_and_the_pools_runtime(pool: ModelPool) -> None:
    model = pool.get(DEMUCS, DemucsParams(shifts=3))
    assert model.params == DemucsParams(shifts=3)
    assert model.runtime is pool.runtime


def test_jobs_at_the_same_time_get_the_same_instance(pool: ModelPool) -> None:
    with ThreadPoolExecutor(8) as threads:
        got = [threads.submit(pool.get, Share, ShareParams(share=share)) for share in [0.25, 0.75] * 50]
        assert len({id(one.result()) for one in got}) == 2


def test_all_models_share_one_cache_of_networks(pool: ModelPool) -> None:
    first, second = pool.get(DEMUCS, DemucsParams()), pool.get(DEMUCS, DemucsParams(shifts=0))
    assert first.runtime.networks is second.runtime.networks is pool.runtime.networks is not None


def test_a_cache_that_the_runtime_brings_is_used_and_names_what_it_holds(tmp_path: Path) -> None:
    networks = NetworkCache(100)
    pool = ModelPool(Runtime(tmp_path, threads=3, networks=networks))
    assert pool.models_loaded == ()
    for name in ("a", "b", "a"):
        with networks.borrow(name, lambda _check, _make_room: Weights(), ignore_progress):
            pass
    assert pool.models_loaded == ("b", "a")
    assert pool.runtime == Runtime(tmp_path, threads=3)


def test_the_runtime_that_was_given_is_left_as_it_was(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path)
    ModelPool(runtime)
    assert runtime.networks is None


def test_what_a_runtime_keeps_is_no_part_of_what_it_is(tmp_path: Path) -> None:
    assert Runtime(tmp_path, networks=NetworkCache(1)) == Runtime(tmp_path)
    assert Runtime(tmp_path, device="cpu") != Runtime(tmp_path)
    assert "networks" not in repr(Runtime(tmp_path, networks=NetworkCache(1)))
