"""What is made of Modal's answers; tests/integration/test_modal_check.py asks a real control plane."""

from __future__ import annotations

from typing import NoReturn

import modal
import pytest
from modal import exception

from stemset.config.modal import ModalSettings
from stemset.deploy.modal_cloud import ModalCloud
from stemset.errors import Unavailable


class Answer:
    """Stands for a Secret, Function or Volume of Modal: every request to it raises `error`, or is answered."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests = 0

    def hydrate(self) -> None:
        self._answer()

    def get_web_url(self) -> str:
        self._answer()
        return "https://mine.modal.example"

    def listdir(self, _path: str) -> NoReturn:
        self._answer()
        raise AssertionError("tell an error")

    def _answer(self) -> None:
        self.requests += 1
        if self.error:
            raise self.error


@pytest.fixture
def cloud() -> ModalCloud:
    return ModalCloud(ModalSettings(app="mine"))


def answer_with(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> Answer:
    answer = Answer(error)
    for kind in (modal.Secret, modal.Function, modal.Volume):

        def find(*_names: str, **_options: object) -> Answer:
            return answer

        monkeypatch.setattr(kind, "from_name", find)
    return answer


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (None, None),
        (exception.NotFoundError("no such secret"), "is not on Modal"),
        (exception.InvalidError("lacks R2_REGION"), "is not complete: lacks R2_REGION"),
    ],
)
def test_a_secret_is_whole_absent_or_incomplete(
    cloud: ModalCloud, monkeypatch: pytest.MonkeyPatch, error: Exception | None, fault: str | None
) -> None:
    answer_with(monkeypatch, error)
    assert cloud.find_secret_fault("mine-storage", ["R2_REGION"]) == fault


def test_a_deployed_service_has_an_address_and_before_that_none(
    cloud: ModalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch)
    assert cloud.get_web_url() == "https://mine.modal.example"
    answer_with(monkeypatch, exception.NotFoundError("no such app"))
    assert cloud.get_web_url() is None


def test_a_volume_that_is_not_there_has_no_files(cloud: ModalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, exception.NotFoundError("no such volume"))
    assert cloud.list_weight_files() == frozenset()


def test_a_refused_token_is_told_in_words(cloud: ModalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, exception.AuthError("no token"))
    with pytest.raises(Unavailable, match="refuses the token: no token"):
        cloud.get_web_url()


def test_a_modal_that_does_not_answer_is_asked_only_once(cloud: ModalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answer_with(monkeypatch, OSError("network is unreachable"))
    for request in (cloud.get_web_url, cloud.list_weight_files):
        with pytest.raises(Unavailable, match="does not answer: network is unreachable"):
            request()
    assert answer.requests == 1
