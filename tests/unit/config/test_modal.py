"""The settings of a deployment on Modal."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stemset.config.modal import ModalSettings


def test_gpus_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ModalSettings().gpu == ("L4", "A10")
    monkeypatch.setenv("STEMSET_MODAL_GPU", " T4 ,, L40S,")
    assert ModalSettings().gpu == ("T4", "L40S")


def test_a_deployment_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMSET_MODAL_GPU", " , ")
    with pytest.raises(ValidationError, match="name at least one GPU"):
        ModalSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEMSET_MODAL_APP", ""),
        ("STEMSET_MODAL_GPU_MAX_CONTAINERS", "0"),
        ("STEMSET_MODAL_GPU_SCALEDOWN_S", "1201"),
        ("STEMSET_MODAL_JOB_RETRIES", "11"),
        ("STEMSET_CALLBACK_URL", "ftp://stemset.example"),
    ],
)
def test_what_modal_would_refuse_is_refused_before(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        ModalSettings()


def test_volumes_and_secrets_are_named_after_the_app() -> None:
    knobs = ModalSettings(app="mine")
    assert (knobs.weights_volume, knobs.cache_volume) == ("mine-weights", "mine-node-cache")
    assert knobs.required_secret_keys == {
        "mine-database": ("DATABASE_URL",),
        "mine-access": ("STEMSET_ACCESS_KEY",),
        "mine-callback": ("STEMSET_CALLBACK_SECRET",),
        "mine-storage": ("R2_BUCKET", "R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"),
    }
    assert knobs.optional_secret_keys == {"mine-storage": ("R2_REGION",)}


def test_a_container_reads_the_settings_that_it_was_deployed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMSET_CALLBACK_URL", "https://stemset.example")
    knobs = ModalSettings(app="mine", job_deadline_s=900)
    for name, value in knobs.container_environment.items():
        monkeypatch.setenv(name, value)
    inside = ModalSettings()
    assert (inside.app, inside.job_deadline_s, inside.callback_url) == ("mine", 900, "https://stemset.example")


def test_without_a_callback_url_a_container_is_given_none() -> None:
    assert "STEMSET_CALLBACK_URL" not in ModalSettings().container_environment


def test_names_are_split_at_commas() -> None:
    assert ModalSettings.split_names(" successive, karaoke,") == ("successive", "karaoke")
    assert ModalSettings.split_names("") == ()
