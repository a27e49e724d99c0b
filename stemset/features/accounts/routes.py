"""These routes sign a browser in and out of a service that is closed."""

from __future__ import annotations

from litestar import Response, Router, delete, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from stemset.features.accounts.gate import PUBLIC, Gate, expire_session
from stemset.features.accounts.schemas import SESSION, Session, SignIn
from stemset.web.parameters import Injected
from stemset.web.problems import AnyRequest, problem_responses
from stemset.web.responses import empty_response, json_response

_NO_STORE = {"Cache-Control": "no-store"}


@get(
    "/session",
    operation_id="getSession",
    tags=["session"],
    summary="Whether a key is needed, and whether this browser has shown it",
    opt={PUBLIC: True},
    responses={200: json_response(SESSION, "What this browser may do."), **problem_responses(429)},
)
async def get_session(request: AnyRequest, gate: Injected[Gate]) -> Response[Session]:
    session = Session(closed=gate.closed, signed_in=await gate.identify(request) is not None)
    return Response(session, headers=_NO_STORE)


@post(
    "/session",
    operation_id="signIn",
    tags=["session"],
    summary="Sign this browser in with the key",
    opt={PUBLIC: True},
    status_code=HTTP_200_OK,
    responses={
        200: json_response(SESSION, "Signed in; the session is in a cookie."),
        **problem_responses(400, 401, 429),
    },
)
async def sign_in(request: AnyRequest, gate: Injected[Gate], data: JSONBody[SignIn]) -> Response[Session]:
    cookie = await gate.open_session(data.key, request)
    return Response(Session(closed=gate.closed, signed_in=True), headers=_NO_STORE, cookies=[cookie])


@delete(
    "/session",
    operation_id="signOut",
    tags=["session"],
    summary="Sign this browser out",
    opt={PUBLIC: True},
    responses={204: empty_response("Signed out, or never signed in.")},
)
async def sign_out(request: AnyRequest) -> Response[None]:
    return Response(None, status_code=204, headers=_NO_STORE, cookies=[expire_session(request)])


router = Router(path="/", route_handlers=[get_session, sign_in, sign_out])
