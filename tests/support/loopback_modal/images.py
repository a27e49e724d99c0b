"""Images, and the local files that come with them."""

from __future__ import annotations

import os
import re
import shlex

from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.rpc import Rpcs, unary


class Images:
    """definitions: identifier of an image -> how it is built; mounts: identifier of a mount -> path -> SHA-256.

    No image is built: an interpreter that has the pins stands in for it. What a container has of its image are the
    environment variables, and of its mounts the files.
    """

    def __init__(self, journal: Journal) -> None:
        self.definitions: dict[str, pb.Image] = {}
        self.mounts: dict[str, dict[str, str]] = {}
        self._journal = journal
        self._published_mounts: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}

    def content(self, sha256: str) -> bytes:
        """Returns a file that was uploaded."""
        return self._contents[sha256]

    def environment(self, image_id: str) -> dict[str, str]:
        """Returns the variables that an image and those below it set."""
        variables: dict[str, str] = {}
        for layer in self._layers(image_id):
            for command in layer.dockerfile_commands:
                if command.upper().startswith("ENV "):
                    _set_variables(command[4:], variables)
        return variables

    def rpcs(self) -> Rpcs:
        """Returns the RPCs about images and mounts."""
        return {
            "ImageGetOrCreate": unary(self._get_or_create_image),
            "MountBatchedCheckExistence": unary(self._check_files),
            "MountGetOrCreate": unary(self._get_or_create_mount),
            "MountPutFile": unary(self._put_file),
        }

    def _layers(self, image_id: str) -> list[pb.Image]:
        """An image and those below it, the lowest first."""
        image = self.definitions[image_id]
        return [*(layer for base in image.base_images for layer in self._layers(base.image_id)), image]

    def _get_or_create_image(self, request: pb.ImageGetOrCreateRequest) -> pb.ImageGetOrCreateResponse:
        image_id = next((known for known, image in self.definitions.items() if image == request.image), None)
        if image_id is None:
            image_id = self._journal.new_id("im")
            self.definitions[image_id] = request.image
        return pb.ImageGetOrCreateResponse(
            image_id=image_id,
            result=pb.GenericResult(status=pb.GenericResult.GENERIC_STATUS_SUCCESS),
            metadata=pb.ImageMetadata(image_builder_version=request.builder_version),
        )

    def _check_files(self, request: pb.MountBatchedCheckExistenceRequest) -> pb.MountBatchedCheckExistenceResponse:
        lacking = [sha256 for sha256 in request.sha256_hex_hashes if sha256 not in self._contents]
        return pb.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=lacking)

    def _put_file(self, request: pb.MountPutFileRequest) -> pb.MountPutFileResponse:
        if request.HasField("data"):
            self._contents[request.sha256_hex] = request.data
        return pb.MountPutFileResponse(exists=request.sha256_hex in self._contents)

    def _get_or_create_mount(self, request: pb.MountGetOrCreateRequest) -> pb.MountGetOrCreateResponse:
        if name := request.deployment_name:
            # One that Modal publishes, such as its own client, which the interpreter has.
            mount_id = self._published_mounts.setdefault(name, self._journal.new_id("mo"))
        else:
            mount_id = self._journal.new_id("mo")
            self.mounts[mount_id] = {file.filename: file.sha256_hex for file in request.files}
        metadata = pb.MountHandleMetadata(content_checksum_sha256_hex="0" * 64)
        return pb.MountGetOrCreateResponse(mount_id=mount_id, handle_metadata=metadata)


def _set_variables(assignments: str, variables: dict[str, str]) -> None:
    """Does what a Dockerfile's ENV does, which replaces $NAME and ${NAME}."""

    def value_of(reference: re.Match[str]) -> str:
        return variables.get(reference[1], os.environ.get(reference[1], ""))

    for assignment in shlex.split(assignments):
        name, _, value = assignment.partition("=")
        variables[name] = re.sub(r"\$\{?(\w+)\}?", value_of, value)
