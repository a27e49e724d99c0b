"""The storage of audio and manifests. Objects are immutable: a key, once written, keeps its content, except for a
job's files while that job runs.

Key names are made in `Keys` and nowhere else. `open_storage` makes the storage that the settings name.
"""

from stemset.storage.keys import Keys
from stemset.storage.local import LocalStorage
from stemset.storage.protocol import MultipartStore, ObjectInfo, ObjectStore, PresignedPut, Storage
from stemset.storage.selection import open_storage

__all__ = [
    "Keys",
    "LocalStorage",
    "MultipartStore",
    "ObjectInfo",
    "ObjectStore",
    "PresignedPut",
    "Storage",
    "open_storage",
]
