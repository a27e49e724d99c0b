"""What a bucket's rules lack, told to an operator; against a server that answers with the XML of S3's reference."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stemset.errors import Unavailable
from stemset.storage.bucket_rules import Bucket
from stemset.storage.settings import R2Account

PAGE = "https://stemset.example"
CORS = """<CORSRule><AllowedOrigin>{origin}</AllowedOrigin>{methods}{headers}{exposed}</CORSRule>"""
ABORT = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
EXPIRE = "<Expiration><Days>2</Days></Expiration>"


@dataclass
class Answers:
    """status, body: of the answer to any GET. put: the bodies that were put, by the query of their address."""

    status: int = 200
    body: str = ""
    put: dict[str, str] = field(default_factory=dict[str, str])
    address: str = ""

    def set_cors(self, *rules: str) -> None:
        self.status, self.body = 200, f"<CORSConfiguration>{''.join(rules)}</CORSConfiguration>"

    def set_lifecycle(self, *rules: str) -> None:
        self.status, self.body = 200, f"<LifecycleConfiguration>{''.join(rules)}</LifecycleConfiguration>"

    def refuse(self, status: int, code: str) -> None:
        self.status, self.body = status, f"<Error><Code>{code}</Code><Message>No.</Message></Error>"


@pytest.fixture
def answers() -> Iterator[Answers]:
    said = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(said.status)
            self.send_header("content-length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body.encode())

        def do_PUT(self) -> None:
            said.put[self.path.partition("?")[2]] = self.rfile.read(int(self.headers["content-length"])).decode()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        said.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield said
        server.shutdown()
        thread.join()


@pytest.fixture
def bucket(answers: Answers) -> Bucket:
    return Bucket(R2Account("songs", answers.address, "id", "secret"), patience_s=0.1)


def cors(
    origin: str = PAGE,
    methods: tuple[str, ...] = ("GET", "HEAD", "PUT"),
    headers: tuple[str, ...] = ("*",),
    exposed: tuple[str, ...] = ("Content-Range", "Content-Length", "Accept-Ranges", "ETag"),
) -> str:
    def tags(name: str, values: tuple[str, ...]) -> str:
        return "".join(f"<{name}>{value}</{name}>" for value in values)

    return CORS.format(
        origin=origin,
        methods=tags("AllowedMethod", methods),
        headers=tags("AllowedHeader", headers),
        exposed=tags("ExposeHeader", exposed),
    )


def lifecycle(action: str, prefix: str = "<Filter><Prefix></Prefix></Filter>", status: str = "Enabled") -> str:
    return f"<Rule><ID>x</ID>{prefix}<Status>{status}</Status>{action}</Rule>"


UPLOADS = "<Filter><Prefix>uploads/</Prefix></Filter>"


def test_a_bucket_without_cors_rules_lets_no_page_in(answers: Answers, bucket: Bucket) -> None:
    answers.refuse(404, "NoSuchCORSConfiguration")
    assert bucket.cors_faults([PAGE, "https://other.example"]) == [
        f"no rule lets pages of {PAGE} in",
        "no rule lets pages of https://other.example in",
    ]


@pytest.mark.parametrize("origin", [PAGE, "*", "https://*.example", "HTTPS://STEMSET.EXAMPLE"])
def test_a_rule_lets_in_an_origin_that_it_names_or_whose_pattern_fits(
    answers: Answers, bucket: Bucket, origin: str
) -> None:
    answers.set_cors(cors(origin))
    assert bucket.cors_faults([PAGE]) == []


@pytest.mark.parametrize("origin", ["http://stemset.example", "https://stemset.example.org", "https://stemset"])
def test_another_scheme_or_host_is_another_origin(answers: Answers, bucket: Bucket, origin: str) -> None:
    answers.set_cors(cors(origin))
    assert bucket.cors_faults([PAGE]) == [f"no rule lets pages of {PAGE} in"]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (cors(methods=("GET",)), f"the methods for {PAGE} lack HEAD, PUT"),
        (cors(headers=("content-type", "RANGE")), f"the headers for {PAGE} lack If-Range, If-None-Match"),
        (cors(headers=()), f"the headers for {PAGE} lack Content-Type, Range, If-Range, If-None-Match"),
        (cors(exposed=("ETag",)), f"the exposed headers for {PAGE} lack Content-Range, Content-Length, Accept-Ranges"),
    ],
)
def test_what_a_rule_lacks_is_named(answers: Answers, bucket: Bucket, rule: str, fault: str) -> None:
    answers.set_cors(rule)
    assert bucket.cors_faults([PAGE]) == [fault]


def test_the_rules_of_an_origin_count_together_and_those_of_others_do_not(answers: Answers, bucket: Bucket) -> None:
    answers.set_cors(cors(methods=("GET", "HEAD")), cors("*", methods=("PUT",)))
    assert bucket.cors_faults([PAGE]) == []
    answers.set_cors(cors(methods=("GET", "HEAD")), cors("https://other.example", methods=("PUT",)))
    assert bucket.cors_faults([PAGE]) == [f"the methods for {PAGE} lack PUT"]


def test_the_rule_that_is_set_has_no_fault(answers: Answers, bucket: Bucket) -> None:
    bucket.set_cors([PAGE, "https://other.example"])
    answers.body = answers.put["cors"]
    assert bucket.cors_faults([PAGE, "https://other.example"]) == []
    assert bucket.cors_faults(["https://third.example"]) == ["no rule lets pages of https://third.example in"]


def test_a_bucket_without_lifecycle_rules_keeps_all_remains(answers: Answers, bucket: Bucket) -> None:
    answers.refuse(404, "NoSuchLifecycleConfiguration")
    assert bucket.lifecycle_faults() == [
        "no rule aborts multipart uploads that nobody completed",
        "no rule removes old objects under uploads/",
    ]


def test_the_lifecycle_that_is_set_has_no_fault_and_removes_nothing_but_uploads(
    answers: Answers, bucket: Bucket
) -> None:
    bucket.set_lifecycle()
    (answers.body,) = answers.put.values()
    assert bucket.lifecycle_faults() == []
    assert answers.body.count("<Expiration>") == 1
    (rule,) = [rule for rule in answers.body.split("<Rule>") if "<Expiration>" in rule]
    assert "<Prefix>uploads/</Prefix>" in rule


@pytest.mark.parametrize(
    ("rules", "faults"),
    [
        # The older notation, without a filter.
        ([lifecycle(ABORT, "<Prefix></Prefix>"), lifecycle(EXPIRE, "<Prefix>uploads/</Prefix>")], []),
        ([lifecycle(ABORT), lifecycle(EXPIRE, UPLOADS, "Disabled")], ["no rule removes old objects under uploads/"]),
        ([lifecycle(ABORT), lifecycle(EXPIRE)], ["no rule removes old objects under uploads/"]),
        (
            [lifecycle(ABORT, UPLOADS), lifecycle(EXPIRE, UPLOADS)],
            ["no rule aborts multipart uploads that nobody completed"],
        ),
    ],
)
def test_a_lifecycle_rule_counts_where_it_is_enabled_and_covers_what_it_has_to(
    answers: Answers, bucket: Bucket, rules: list[str], faults: list[str]
) -> None:
    answers.set_lifecycle(*rules)
    assert bucket.lifecycle_faults() == faults


def test_a_bucket_that_refuses_the_key_is_unavailable_and_not_without_rules(answers: Answers, bucket: Bucket) -> None:
    answers.refuse(403, "AccessDenied")
    for ask in (lambda: bucket.cors_faults([PAGE]), bucket.lifecycle_faults):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert "secret" not in str(refused.value)
