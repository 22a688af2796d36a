"""CSV, TSV and their relatives, JSON lines, and the choice between formats."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.catalog.read_feed import feed_format, read_feed
from kirakat.errors import EmptyFeedError, FeedError
from kirakat.types import Offer, Rejection

Result = tuple[list[Offer], list[Rejection]]


def read(tmp_path: Path, name: str, data: bytes) -> Result:
    """Offers and rejections of a file with that content."""
    path = tmp_path / name
    path.write_bytes(data)
    rejections: list[Rejection] = []
    return list(read_feed(path, merchant_id="m", reject=rejections.append)), rejections


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_mark_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Exports of another spreadsheet or country would be unreadable."""
    rows = [["ID", "Title", "image link"], ["1", "Kék bögre", "mug.jpg"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (offer,), rejections = read(tmp_path, "feed.csv", text.encode(encoding))
    assert (offer.offer_id, offer.title, offer.image_link) == ("1", "Kék bögre", "mug.jpg")
    assert (offer.line, rejections) == (2, [])


@pytest.mark.parametrize("column", ["image_link", "Image Link", "g:image_link", "imageLink"])
def test_column_spellings(tmp_path: Path, column: str) -> None:
    """A merchant would have to rename columns by hand."""
    (offer,), _ = read(tmp_path, "f.csv", f"id,title,{column}\n1,Mug,m.jpg\n".encode())
    assert offer.image_link == "m.jpg"


def test_own_column_beats_its_synonym(tmp_path: Path) -> None:
    """An article number would replace the offer's id."""
    (offer,), _ = read(tmp_path, "f.csv", b"sku,id,title,image_link\nS,1,Mug,m.jpg\n")
    assert (offer.offer_id, offer.attributes) == ("1", {"sku": "S"})


def test_quoted_cells_keep_delimiters_and_line_ends(tmp_path: Path) -> None:
    """Descriptions with commas or paragraphs would shift the columns."""
    data = b'id,title,image_link,description\n1,"Mug, ""big""",m.jpg,"two\nlines"\n2,Cup,c.jpg,\n'
    offers, rejections = read(tmp_path, "f.csv", data)
    assert [offer.title for offer in offers] == ['Mug, "big"', "Cup"]
    assert offers[0].description == "two\nlines"
    assert ([offer.line for offer in offers], rejections) == ([2, 4], [])


def test_product_view_stays_an_attribute(tmp_path: Path) -> None:
    """A merchant's own word on how a product lies would be lost."""
    data = b"id,title,image_link,product_view\n1,Mug,m.jpg,lying\n"
    (offer,), _ = read(tmp_path, "f.csv", data)
    assert offer.attributes == {"product_view": "lying"}


BAD_ROWS = {
    "missing id": (",Mug,m.jpg", "id", "is missing"),
    "missing title": ("2,,m.jpg", "title", "is missing"),
    "missing image": ("2,Mug,", "image_link", "is missing"),
    "duplicate": ("1,Mug,m.jpg", "id", "was used by an earlier row"),
    "scheme": ("2,Mug,ftp://x/m.jpg", "image_link", "is neither an http(s) address nor a path"),
    "script": ("2,Mug,javascript:a", "image_link", "is neither an http(s) address nor a path"),
    "host": ("2,Mug,http:///m.jpg", "image_link", "names no host"),
    "long title": (f"2,{'M' * 501},m.jpg", "title", "is longer than 500 characters"),
    "extra cells": ("2,Mug,m.jpg,x", "", "has 4 cells where the header has 3"),
    "bytes": ("2,M\udcff,m.jpg", "title", "has bytes that are not in the file's encoding"),
}


@pytest.mark.parametrize("row", BAD_ROWS, ids=list(BAD_ROWS))
def test_bad_row_is_rejected_and_reading_goes_on(tmp_path: Path, row: str) -> None:
    """One bad row would stop, or slip into, the whole run."""
    text, column, reason = BAD_ROWS[row]
    data = f"id,title,image_link\n1,Mug,m.jpg\n{text}\n3,Cup,c.jpg\n"
    offers, (rejection,) = read(tmp_path, "f.csv", data.encode("utf-8", "surrogateescape"))
    assert [offer.offer_id for offer in offers] == ["1", "3"]
    assert (rejection.line, rejection.field) == (3, column)
    assert rejection.reason.startswith(reason)
    assert len(rejection.value) <= 200


@pytest.mark.parametrize(
    ("column", "cell"),
    [("price", "ask us"), ("additional_image_link", "ftp://x/y.jpg"), ("pattern", "x" * 3000)],
)
def test_bad_optional_cell_is_left_out(tmp_path: Path, column: str, cell: str) -> None:
    """An offer would be lost for a cell that its picture does not need."""
    data = f"id,title,image_link,{column}\n1,Mug,m.jpg,{cell}\n"
    (offer,), (rejection,) = read(tmp_path, "f.csv", data.encode())
    assert (offer.price, offer.additional_image_links, offer.attributes) == ("", (), {})
    assert "the offer is used" in rejection.reason


@pytest.mark.parametrize(
    "price", ["9.50 EUR", "EUR 9.50", "1 299,00 Ft", "$12", "12.00", "£1,299.99", "US$ 5"]
)
def test_usual_prices_are_kept(tmp_path: Path, price: str) -> None:
    """Merchants would be warned about good prices."""
    data = f"id;title;image_link;price\n1;Mug;m.jpg;{price}\n"
    (offer,), rejections = read(tmp_path, "f.csv", data.encode())
    assert (offer.price, rejections) == (price, [])


def test_unclosed_quote_costs_only_what_it_swallows(tmp_path: Path) -> None:
    """One stray quote would end the feed."""
    rows = "".join(f"{n},Mug {n},m.jpg\n" for n in range(20_000))
    data = f'id,title,image_link\nx,"Mug,m.jpg\n{rows}'.encode()
    offers, rejections = read(tmp_path, "f.csv", data)
    assert offers[-1].offer_id == "19999"
    assert "check its quotes" in rejections[0].reason


def test_file_without_columns_is_explained(tmp_path: Path) -> None:
    """A merchant who sent another file would not learn it."""
    with pytest.raises(FeedError, match="names none of the columns"):
        read(tmp_path, "f.csv", b"name of employee;salary\nx;1\n")


def test_no_usable_row_says_how_many_and_why(tmp_path: Path) -> None:
    """An empty result would look like success."""
    with pytest.raises(EmptyFeedError, match=r"2 rejected, .*row 2.*title is missing"):
        read(tmp_path, "f.csv", b"id,title,image_link\n1,,m.jpg\n2,,m.jpg\n")


def test_missing_file_is_a_feed_error(tmp_path: Path) -> None:
    """A wrong path would end in a traceback."""
    with pytest.raises(FeedError, match="No such file"):
        list(read_feed(tmp_path / "none.csv", merchant_id="m", reject=lambda _: None))


def test_gzipped_feed(tmp_path: Path) -> None:
    """Feeds are often sent packed."""
    data = gzip.compress(b"id,title,image_link\n1,Mug,m.jpg\n")
    assert len(read(tmp_path, "f.csv.gz", data)[0]) == 1


def test_truncated_gzip_is_a_feed_error(tmp_path: Path) -> None:
    """A broken download would pass for a whole feed."""
    rows = "".join(f"{n},Mug {n * 7919 % 1000},m.jpg\n" for n in range(50_000))
    data = gzip.compress(f"id,title,image_link\n{rows}".encode())
    with pytest.raises(FeedError, match="ended before"):
        read(tmp_path, "f.csv.gz", data[: len(data) // 2])


def test_json_lines(tmp_path: Path) -> None:
    """JSON feeds, also in the Merchant API's spelling, would not be read."""
    record = {
        "offerId": 7,
        "title": "Mug",
        "imageLink": "m.jpg",
        "additionalImageLinks": ["a.jpg", "b.jpg"],
        "price": {"value": "9.5", "currency": "EUR"},
        "colour": "blue",
        "tags": ["a", "b"],
        "stock": None,
    }
    (offer,), rejections = read(tmp_path, "f.jsonl", json.dumps(record).encode())
    assert (offer.offer_id, offer.price, offer.color) == ("7", "9.5 EUR", "blue")
    assert offer.additional_image_links == ("a.jpg", "b.jpg")
    assert (offer.attributes, rejections) == ({"tags": "a, b"}, [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": 1', "is no JSON"),
        (b"[1]", "is no JSON object"),
        (b'{"id": "\xff"}', "has bytes that are not UTF-8"),
        (b'{"id":"2","title":"\\ud800","image_link":"m.jpg"}', "has bytes"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"id": "' + b"x" * 1_500_000 + b'"}', "is longer than 1000000 bytes"),
    ],
    ids=["broken", "array", "bytes", "surrogate", "nested", "long"],
)
def test_bad_json_line_is_rejected(tmp_path: Path, line: bytes, reason: str) -> None:
    """One bad line would stop the run."""
    good = b'{"id":"1","title":"Mug","image_link":"m.jpg"}'
    offers, (rejection,) = read(tmp_path, "f.jsonl", good + b"\n" + line + b"\n")
    assert len(offers) == 1
    assert rejection.line == 2
    assert rejection.reason.startswith(reason)


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("f.csv", b"id,title", "delimited"),
        ("f.txt", b'\xef\xbb\xbf  {"id":1}', "jsonl"),
        ("f.csv", b"\xef\xbb\xbf<?xml", "xml"),
        ("f.csv", "<rss>".encode("utf-16"), "xml"),
        ("f.jsonl.gz", b"nonsense", "jsonl"),
    ],
)
def test_content_decides_the_format(name: str, head: bytes, kind: str) -> None:
    """A feed with a wrong ending would not be read."""
    assert feed_format(name, head) == kind


@pytest.mark.parametrize(("head", "advice"), [(b"PK\x03\x04", "export"), (b"[{", "jq")])
def test_other_formats_are_told_what_to_do(head: bytes, advice: str) -> None:
    """A merchant with a workbook would not know how to go on."""
    with pytest.raises(FeedError, match=advice):
        feed_format("feed", head)


HEADS = (b"", b"id,title,image_link\n1,Mug,m.jpg\n", b"Handle,Title,Image Src\n", b"{}\n", b"<rss>")


@settings(max_examples=300, deadline=None)
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=300))
def test_arbitrary_bytes_never_crash(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes
) -> None:
    """A damaged feed would end in a traceback instead of an explanation."""
    path = tmp_path_factory.mktemp("fuzz") / "feed"
    path.write_bytes(head + body)
    rejections: list[Rejection] = []
    try:
        offers = list(read_feed(path, merchant_id="m", reject=rejections.append))
    except FeedError:
        offers = []
    assert all(offer.title for offer in offers)
    for rejection in rejections:
        assert rejection.reason
        rejection.value.encode()


CELL = st.text(max_size=40)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=5))
def test_every_row_is_an_offer_or_a_rejection(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    """Rows would vanish without a word."""
    path = tmp_path_factory.mktemp("rows") / "feed.jsonl"
    records = [{"id": a, "title": b, "image_link": c} for a, b, c in rows]
    path.write_text("\n".join(json.dumps(record) for record in records))
    rejections: list[Rejection] = []
    count = 0
    try:
        for offer in read_feed(path, merchant_id="m", reject=rejections.append):
            count += 1
            assert offer.offer_id
            assert offer.title
            assert offer.image_link
    except FeedError:
        assert count == 0
    assert count + len(rejections) == len(rows)
