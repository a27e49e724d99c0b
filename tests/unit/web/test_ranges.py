from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemset.errors import RangeNotSatisfiable
from stemset.web.ranges import ByteRange, etag_matches, parse_range_header, range_applies

SIZE = 100


@pytest.mark.parametrize(
    ("header", "byte_range"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=10-19", ByteRange(10, 20)),
        ("bytes=90-", ByteRange(90, 100)),
        ("bytes=90-1000", ByteRange(90, 100)),
        ("bytes=-10", ByteRange(90, 100)),
        ("bytes=-1000", ByteRange(0, 100)),
        ("Bytes = 5-6", ByteRange(5, 7)),
    ],
)
def test_a_single_range_gives_its_bytes(header: str, byte_range: ByteRange) -> None:
    assert parse_range_header(header, SIZE) == byte_range


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=-", "bytes=5-4", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes=0-" + 30 * "9"],
)
def test_what_is_malformed_or_asks_for_several_ranges_gives_the_whole_file(header: str | None) -> None:
    assert parse_range_header(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_without_a_byte_in_the_file_is_refused(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range_header(header, SIZE)


@given(st.text(max_size=30), st.integers(0, 1000))
def test_any_header_gives_bytes_within_the_file_or_is_refused(header: str, size: int) -> None:
    try:
        byte_range = parse_range_header(f"bytes={header}", size)
    except RangeNotSatisfiable:
        return
    assert byte_range is None or 0 <= byte_range.start < byte_range.stop <= size


def test_content_range_counts_from_zero_to_the_last_byte() -> None:
    assert ByteRange(10, 20).content_range(SIZE) == "bytes 10-19/100"


@pytest.mark.parametrize(
    ("header", "known"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"x", "a"', True), ("*", True), ('"x"', False), ("a", False)],
)
def test_if_none_match_compares_weakly(header: str | None, known: bool) -> None:
    assert etag_matches(header, '"a"') is known


@pytest.mark.parametrize(
    ("header", "applies"),
    [(None, True), ('"a"', True), ('W/"a"', False), ('"x"', False), ("Fri, 20 Nov 2026 17:00:00 GMT", False)],
)
def test_if_range_compares_strongly(header: str | None, applies: bool) -> None:
    assert range_applies(header, '"a"') is applies
