"""Volumes: folders that outlive containers."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.server import Stream
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.rpc import Rpcs, unary


class Volumes:
    """names: identifier -> name. Each Volume is a folder, which containers share as it stands: a commit does nothing
    and a reload is never needed."""

    def __init__(self, journal: Journal, root: Path) -> None:
        self.names: dict[str, str] = {}
        self._journal = journal
        self._root = root

    def folder(self, volume_id: str) -> Path:
        """Returns where the files of a Volume are; makes the folder if it is not there."""
        folder = self._root / volume_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def rpcs(self) -> Rpcs:
        """Returns the RPCs about Volumes."""
        return {
            "VolumeGetOrCreate": unary(self._get_or_create),
            "VolumeCommit": unary(lambda _: pb.VolumeCommitResponse(skip_reload=True)),
            "VolumeReload": unary(lambda _: Empty()),
            "VolumeListFiles": self._list_files,
        }

    def _get_or_create(self, request: pb.VolumeGetOrCreateRequest) -> pb.VolumeGetOrCreateResponse:
        name = request.deployment_name
        found = next((volume_id for volume_id, known in self.names.items() if known == name), None)
        if found is None:
            if request.object_creation_type == pb.OBJECT_CREATION_TYPE_UNSPECIFIED:
                raise GRPCError(Status.NOT_FOUND, f"Volume '{name}' not found in environment 'main'")
            found = self._journal.new_id("vo")
            self.names[found] = name
        return pb.VolumeGetOrCreateResponse(
            volume_id=found, version=request.version, metadata=pb.VolumeMetadata(name=name, version=request.version)
        )

    async def _list_files(self, stream: Stream[pb.VolumeListFilesRequest, pb.VolumeListFilesResponse]) -> None:
        request = await stream.recv_message()
        assert request is not None
        files = sorted(self.folder(request.volume_id).iterdir())
        entries = [pb.FileEntry(path=file.name, size=file.stat().st_size) for file in files]
        await stream.send_message(pb.VolumeListFilesResponse(entries=entries))
