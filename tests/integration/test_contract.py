# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false
# pyright: reportArgumentType=false, reportUnknownVariableType=false, reportUntypedFunctionDecorator=false
# Schemathesis leaves the type of a body open.
"""The whole API does what its own OpenAPI document says, whatever it is sent."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)

from stemset.server.openapi import build_document
from tests.support.api import wav
from tests.support.serving import serving
from tests.support.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.slow

CONFIG = """
profiles: {songs: {title: Songs, strategy: halves}}
strategies: {halves: {_: percussive, drums: drums, not_drums: other}}
limits: {max_upload_mb: 1}
"""

schema = schemathesis.openapi.from_dict(build_document())
schema.config.generation.update(allow_extra_parameters=False)


@dataclass(frozen=True)
class Known:
    """A server on which a song was separated, and what its addresses are made of."""

    address: str
    recording_id: str
    job_id: str
    token: str
    clip_id: str

    def put_into(self, case: schemathesis.Case) -> None:
        """Names that exist, where the case has invented ones."""
        known: dict[str, object] = {
            "recording_id": self.recording_id, "job_id": self.job_id, "stem": "drums", "file": "drums.flac",
            "name": "halves", "token": self.token, "clip_id": self.clip_id,
        }  # fmt: skip
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Generator[Known]:
    with serving(tmp_path_factory.mktemp("contract"), CONFIG) as server:
        with httpx.Client(base_url=server.address, timeout=LIMIT_S) as client:
            told = client.post("/api/recordings", data={"profile": "songs"}, files={"file": ("a.wav", wav())}).json()
            job_id = told["job"]["id"]
            wait_until(lambda: client.get(f"/api/jobs/{job_id}").json()["state"] == "succeeded")
            recording_id = told["recording"]["id"]
            of_it = f"/api/recordings/{recording_id}"
            token = client.post(f"{of_it}/shares", json={"mix": {}}).json()["token"]
            clip_id = client.post(f"{of_it}/clips", json={"title": "a", "start": 0, "end": 9}).json()["id"]
        yield Known(server.address, recording_id, job_id, token, clip_id)


@schema.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_describes(case: schemathesis.Case, known: Known) -> None:
    # Whether a profile, a strategy or a song is one, no document can say.
    # This service is open, while the document is also that of a closed one.
    excluded = [positive_data_acceptance, ignored_auth]
    if case.operation.definition.raw["operationId"] == "streamJobEvents":
        # OpenAPI 3.1 has words for the data of an event, but not for its number and name.
        excluded.append(response_schema_conformance)
    case.call_and_validate(base_url=known.address, excluded_checks=excluded)
    if case.method != "DELETE" and case.path_parameters:
        # What was wrong with the case may have been the very names that are put right.
        known.put_into(case)
        case.call_and_validate(base_url=known.address, excluded_checks=[*excluded, negative_data_rejection])
