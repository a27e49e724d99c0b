"""The choice of a storage."""

from __future__ import annotations

from stemset.storage.local import LocalStorage
from stemset.storage.protocol import Storage
from stemset.storage.settings import StorageSettings


def open_storage(settings: StorageSettings, *, patience_s: float = 10.0) -> Storage:
    """Return the storage that the settings name. Raises ConfigError if settings of R2 are missing.

    patience_s: for so many seconds requests that fail are repeated, before Unavailable is raised.
    """
    if not settings.uses_r2:
        return LocalStorage(settings.objects_dir)
    # Not imported where nobody needs it: boto3 takes a second and 20 MB.
    from stemset.storage.r2 import R2Storage  # noqa: PLC0415

    return R2Storage(settings.r2.account(), patience_s=patience_s)
