"""`stemset deploy check`, from an empty workspace to a deployment of which nothing is lacking: a loopback Modal, a real
database and a real bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from stemset.storage.r2_client import make_client
from stemset.storage.settings import R2Account
from tests.support.modal import LocalModal, local_modal, why_not
from tests.support.postgres import NewDatabase
from tests.support.s3 import S3Server, settings_of
from tests.support.waiting import LIMIT_S

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]

BUILT_IN = """
profiles: {songs: {title: Songs, strategy: s}}
strategies: {s: {_: percussive, drums: drums, not_drums: other}}
"""


@dataclass
class Operator:
    """Somebody with an account on Modal, a database, a bucket, and these written down in env_file."""

    modal: LocalModal
    bucket: R2Account
    folder: Path

    @property
    def env_file(self) -> Path:
        return self.folder / "deploy.env"

    @property
    def noted(self) -> dict[str, str]:
        """What env_file holds."""
        return dict(line.split("=", 1) for line in self.env_file.read_text().splitlines())

    def check(self, *arguments: str, **environment: str) -> tuple[int, dict[str, str | None]]:
        """Exit code; subject -> what is wrong."""
        done = subprocess.run(
            [sys.executable, "-m", "stemset", "deploy", "check", "--json", f"--env-file={self.env_file}", *arguments],
            cwd=self.folder, env=os.environ | self.modal.environment | environment, capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        findings: list[dict[str, Any]] = json.loads(done.stdout)
        assert all(found["command"] for found in findings if found["problem"])
        return done.returncode, {found["subject"]: found["problem"] for found in findings}

    def wrong(self, *arguments: str, **environment: str) -> dict[str, str]:
        """The findings that are problems; the exit code says whether there are any."""
        code, found = self.check(*arguments, **environment)
        problems = {subject: problem for subject, problem in found.items() if problem}
        assert code == bool(problems)
        return problems


@pytest.fixture
def operator(image_python: str, new_database: NewDatabase, s3: S3Server, tmp_path: Path) -> Generator[Operator]:
    bucket = s3.new_bucket()
    told = {"DATABASE_URL": new_database()} | settings_of(bucket)
    (tmp_path / "deploy.env").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    # The Secret of the storage was made by hand, and not to its end.
    with local_modal(image_python, {"stemset-storage": {"R2_BUCKET": "another"}}) as modal:
        yield Operator(modal, bucket, tmp_path)


def test_check_tells_what_a_deployment_lacks_and_mends_it(operator: Operator):
    assert set(operator.wrong()) == {
        "STEMSET_ACCESS_KEY", "STEMSET_CALLBACK_SECRET", "database", "secret stemset-database",
        "secret stemset-access", "secret stemset-callback", "secret stemset-storage", "service", "bucket's CORS",
        "bucket's lifecycle", "weights",
    }  # fmt: skip
    client = make_client(operator.bucket)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        client.get_bucket_lifecycle_configuration(Bucket=operator.bucket.bucket)
    assert "STEMSET_ACCESS_KEY" not in operator.noted

    # What only a deployment can bring is left, and told.
    assert set(operator.wrong("--fix")) == {"service", "bucket's CORS", "weights"}
    assert operator.modal.get("/dump")["secrets"]["stemset-storage"] == sorted(settings_of(operator.bucket))
    rules = client.get_bucket_lifecycle_configuration(Bucket=operator.bucket.bucket)["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        client.get_bucket_cors(Bucket=operator.bucket.bucket)

    operator.modal.modal("deploy", "modal_app.py")
    left = operator.wrong("--fix")
    assert set(left) == {"weights"}
    assert "the Volume lacks those of" in left["weights"]
    page = operator.modal.web_url
    asked = httpx.options(
        f"{operator.bucket.endpoint_url}/{operator.bucket.bucket}/uploads/x",
        headers={"Origin": page, "Access-Control-Request-Method": "PUT"},
    )
    assert asked.headers["access-control-allow-origin"] == page

    # The containers have what was put into the Secrets, not what stood there before.
    key = {"X-API-Key": operator.noted["STEMSET_ACCESS_KEY"]}
    assert httpx.get(f"{page}/api/recordings", headers=key, timeout=LIMIT_S).json()["total"] == 0
    for name in ("DATABASE_URL", "R2_SECRET_ACCESS_KEY", "STEMSET_ACCESS_KEY", "STEMSET_CALLBACK_SECRET"):
        assert operator.noted[name] not in json.dumps(operator.modal.get("/dump"))

    # With strategies that need no weights, nothing is left.
    config = operator.folder / "config.yaml"
    config.write_text(BUILT_IN)
    assert operator.wrong(STEMSET_CONFIG=str(config)) == {}
    assert operator.wrong("--fix", STEMSET_CONFIG=str(config)) == {}


def test_check_finds_what_has_gone_wrong_since(operator: Operator):
    with ThreadPoolExecutor(1) as beside:
        # Modal's client goes on trying for a minute.
        silent = beside.submit(operator.wrong, MODAL_SERVER_URL="http://127.0.0.1:1")
        operator.wrong("--fix")
        assert "R2_SECRET_ACCESS_KEY does not fit" in operator.wrong(R2_SECRET_ACCESS_KEY="another")["bucket"]
        away = operator.wrong(DATABASE_URL="postgresql://u:pass-word@127.0.0.1:1/none")
        assert "can't be reached" in away["database"]
        assert "pass-word" not in str(away.values())
        found = silent.result()
    assert "does not answer" in found["Modal"]
    assert not found.keys() & {"service", "weights", "secret stemset-database"}
