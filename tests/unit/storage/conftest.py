"""Every storage, empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemset.storage import LocalStorage, Storage
from stemset.storage.r2 import R2Storage
from stemset.storage.settings import R2Account
from stemset.testing import MemoryStorage


@pytest.fixture(params=["local", "memory", "r2"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Each test runs on a folder, in memory, and on a bucket of a real S3 server."""
    if request.param == "local":
        return LocalStorage(tmp_path / "objects")
    if request.param == "memory":
        return MemoryStorage()
    account: R2Account = request.getfixturevalue("r2_account")
    return R2Storage(account, patience_s=5)


@pytest.fixture
def r2(r2_account: R2Account) -> R2Storage:
    return R2Storage(r2_account, patience_s=5)
