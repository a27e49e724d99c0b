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


@pytest.mark.parametrize(
    ("header", "content_range", "length"),
    [
        # The examples of RFC 9110, section 14.1.2, for a representation of 10000 bytes.
        ("bytes=0-499", "bytes 0-499/10000", 500),
        ("bytes=500-999", "bytes 500-999/10000", 500),
        ("bytes=-500", "bytes 9500-9999/10000", 500),
        ("bytes=9500-", "bytes 9500-9999/10000", 500),
        ("bytes=0-0", "bytes 0-0/10000", 1),
        ("bytes=-1", "bytes 9999-9999/10000", 1),
        ("bytes=-10000", "bytes 0-9999/10000", 10_000),
        ("bytes=9999-99999", "bytes 9999-9999/10000", 1),
        ("  bytes=0-1\t", "bytes 0-1/10000", 2),
    ],
)
def test_the_examples_of_the_rfc_give_their_bytes(header: str, content_range: str, length: int) -> None:
    found = parse_range_header(header, 10_000)
    assert found
    assert (found.content_range(10_000), found.length) == (content_range, length)


@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-0,-1",
        "bytes= 0-999, 4500-5499, -1000",
        "bytes=500-600,601-999",
        "bytes=500-700,601-999",
        "none",
        "seconds=1-2",
        "bytes: 0-1",
        "bytes=0x0-0x9",
        "bytes=+1-2",
        "bytes=1.0-2",
        "bytes=\u0661-\u0662",
    ],
)
def test_several_ranges_and_other_units_are_ignored_as_the_rfc_allows(header: str) -> None:
    assert parse_range_header(header, 10_000) is None


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"])
def test_no_range_of_an_empty_file_can_be_satisfied_and_its_size_is_told(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range_header(header, 0)
    assert refused.value.size == 0


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 1000))
def test_a_range_gives_the_bytes_that_python_slices(first: int, last: int, size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    try:
        found = parse_range_header(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert content[first : last + 1] == b""
        return
    if found is None:
        assert last < first
    else:
        assert content[found.start : found.stop] == content[first : last + 1]


@pytest.mark.parametrize(
    ("header", "known"),
    [('W/"x", W/"a"', True), ('"ab"', False), ("", False), ('"b","c"', False), (' "a" ', True), ('w/"a"', False)],
)
def test_a_weak_tag_of_ours_is_known_by_weak_and_strong_ones(header: str, known: bool) -> None:
    assert etag_matches(header, 'W/"a"') is known


def test_a_weak_tag_of_ours_allows_no_range() -> None:
    assert range_applies(None, 'W/"a"')
    assert not range_applies('W/"a"', 'W/"a"')
