"""The names of all objects in the storage."""

from __future__ import annotations

from uuid import UUID


class Keys:
    """Makes the keys. Ids are UUIDs and stem names come from a checked strategy; client file names never appear.

    The mixture is the stem `mixture`.
    """

    SAMPLES_PER_PIXEL = (256, 2048, 16384)
    UPLOADS = "uploads"
    """The folder of files that clients sent and that are no recordings yet."""

    @staticmethod
    def upload(upload_id: UUID) -> str:
        return f"uploads/{upload_id}"

    @staticmethod
    def upload_content(upload_id: UUID) -> str:
        """The file that a client sent, once it is complete."""
        return f"uploads/{upload_id}/content"

    @staticmethod
    def recording(recording_id: UUID) -> str:
        return f"recordings/{recording_id}"

    @staticmethod
    def source(recording_id: UUID, extension: str) -> str:
        """extension: lower case without a dot."""
        return f"recordings/{recording_id}/source.{extension}"

    @staticmethod
    def job(job_id: UUID) -> str:
        return f"jobs/{job_id}"

    @staticmethod
    def stem(job_id: UUID, stem: str) -> str:
        return f"jobs/{job_id}/stems/{stem}.flac"

    @staticmethod
    def index(job_id: UUID, stem: str) -> str:
        return f"jobs/{job_id}/stems/{stem}.index"

    @staticmethod
    def peaks(job_id: UUID, stem: str, samples_per_pixel: int) -> str:
        return f"jobs/{job_id}/peaks/{stem}.{samples_per_pixel}.dat"

    @staticmethod
    def manifest(job_id: UUID) -> str:
        return f"jobs/{job_id}/manifest.json"
