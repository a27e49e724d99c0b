"""The worker's signature: Standard Webhooks, HMAC-SHA256 over id, timestamp and body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema
from standardwebhooks import Webhook, WebhookVerificationError

from stemset.errors import Forbidden

MAX_REPORT_BYTES = 1_000_000

_HEADERS = {
    "webhook-id": "Names the report; one that is known already changes nothing.",
    "webhook-timestamp": "Seconds since 1970; at most five minutes off.",
    "webhook-signature": "`v1,` and the base64 of the HMAC-SHA256 of id, timestamp and body.",
}


def verify_signature(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """Verify a report's signature, and return its `webhook-id`.

    headers: by lower-case name. body: the bytes as received. Raises Forbidden where the signature doesn't fit, or the
    timestamp is more than five minutes off.
    """
    signed = {name: headers.get(name, "") for name in _HEADERS}
    try:
        Webhook(secret).verify(body, signed)
    except WebhookVerificationError as error:
        raise Forbidden(f"The report's signature can't be trusted: {error}.") from None
    except ValueError:
        # The library decodes signatures before it looks at them.
        raise Forbidden("The report's signature can't be trusted: it is malformed.") from None
    return signed["webhook-id"]


@dataclass
class ReportOperation(Operation):
    """Adds the report's headers and body to the OpenAPI document: the handler reads both raw, since the signature is
    over the bytes."""

    def __post_init__(self) -> None:
        text = Schema(type=OpenAPIType.STRING)
        headers = [
            Parameter(name=name, param_in="header", required=True, description=description, schema=text)
            for name, description in _HEADERS.items()
        ]
        self.parameters = [*(self.parameters or []), *headers]
        self.request_body = RequestBody(
            required=True,
            description="A report, as `stemset.features.jobs.messages.Report` defines it.",
            content={"application/json": OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))},
        )
