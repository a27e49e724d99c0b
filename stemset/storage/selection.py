"""The one place where a process gets its storage from."""

from __future__ import annotations

from stemset.storage.local import LocalStorage
from stemset.storage.protocol import Storage
from stemset.storage.settings import StorageSettings


def open_storage(settings: StorageSettings, *, patience_s: float = 10.0) -> Storage:
    """The storage that the settings name; ConfigError if they name it by half.

    patience_s: how long a storage that can't be reached is asked again before that is an error.
    """
    if not settings.uses_r2:
        return LocalStorage(settings.objects_dir)
    # Not imported where nobody needs it: boto3 takes a second and 20 MB.
    from stemset.storage.r2 import R2Storage  # noqa: PLC0415

    return R2Storage(settings.r2.account(), patience_s=patience_s)
