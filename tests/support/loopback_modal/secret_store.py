"""Secrets: environment variables that an operator keeps with Modal."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.rpc import Rpcs, unary

_CREATING = (pb.OBJECT_CREATION_TYPE_CREATE_IF_MISSING, pb.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS)


class SecretStore:
    """variables: identifier of a Secret -> its environment variables; names: identifier -> name.

    A Secret that an app makes of values of its own has no name.
    """

    def __init__(self, journal: Journal, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self.variables: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self._journal = journal
        for name, variables in secrets.items():
            self._create(name, variables)

    def rpcs(self) -> Rpcs:
        """Returns the RPCs about Secrets."""
        return {"SecretGetOrCreate": unary(self._get_or_create), "SecretUpdate": unary(self._update)}

    def _create(self, name: str, variables: Mapping[str, str]) -> str:
        secret_id = self._journal.new_id("st")
        self.variables[secret_id] = dict(variables)
        if name:
            self.names[secret_id] = name
        return secret_id

    def _get_or_create(self, request: pb.SecretGetOrCreateRequest) -> pb.SecretGetOrCreateResponse:
        name = request.deployment_name
        secret_id = next((found for found, known in self.names.items() if known == name), None)
        if secret_id is None:
            if name and request.object_creation_type not in _CREATING:
                raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' not found in environment 'main'")
            secret_id = self._create(name, request.env_dict)
        if lacking := [key for key in request.required_keys if key not in self.variables[secret_id]]:
            raise GRPCError(Status.FAILED_PRECONDITION, f"Secret '{name}' is missing key(s) {lacking}")
        metadata = pb.SecretMetadata(name=name, environment_name="main")
        return pb.SecretGetOrCreateResponse(secret_id=secret_id, metadata=metadata)

    def _update(self, request: pb.SecretUpdateRequest) -> Empty:
        self.variables[request.secret_id].update({update.key: update.value for update in request.updates})
        return Empty()
