"""Merchant Center XML."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from kirakat.catalog.read_feed import read_feed
from kirakat.errors import EmptyFeedError, FeedError
from kirakat.types import Offer, Rejection

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>
<title>The shop</title><link>https://shop.example</link>
{items}
</channel></rss>"""

MUG = """<item><g:id>mug-1</g:id><title>plain</title><g:title>Blue &amp; white mug</g:title>
<g:image_link>https://shop.example/mug.jpg</g:image_link>
<g:additional_image_link>https://shop.example/a.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/b.jpg</g:additional_image_link>
<g:price>9.50 EUR</g:price><g:color>blue</g:color><g:age_group>adult</g:age_group>
<g:shipping><g:country>HU</g:country><g:price>1 EUR</g:price></g:shipping></item>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Shop</title><entry><id>https://shop.example/1</id><g:id>a1</g:id><title>Lamp</title>
<link href="https://shop.example/lamp"/><g:image_link>lamp.jpg</g:image_link></entry></feed>"""


def read(tmp_path: Path, text: str | bytes) -> tuple[list[Offer], list[Rejection]]:
    """Offers and rejections of a feed with that text."""
    path = tmp_path / "feed.xml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    rejections: list[Rejection] = []
    return list(read_feed(path, merchant_id="m", reject=rejections.append)), rejections


def test_rss_item_becomes_an_offer(tmp_path: Path) -> None:
    """A merchant's RSS feed would lose fields."""
    offers, rejections = read(tmp_path, RSS.format(items=MUG))
    assert rejections == []
    assert offers == [
        Offer(
            offer_id="mug-1",
            merchant_id="m",
            title="Blue & white mug",
            image_link="https://shop.example/mug.jpg",
            price="9.50 EUR",
            color="blue",
            additional_image_links=("https://shop.example/a.jpg", "https://shop.example/b.jpg"),
            attributes={"age_group": "adult", "shipping": "country: HU, price: 1 EUR"},
            line=1,
        )
    ]


def test_atom_entry_becomes_an_offer(tmp_path: Path) -> None:
    """Atom feeds would take the entry's address for the offer's id."""
    (offer,), _ = read(tmp_path, ATOM)
    assert (offer.offer_id, offer.title, offer.link) == ("a1", "Lamp", "https://shop.example/lamp")


def test_rejected_item_names_its_number(tmp_path: Path) -> None:
    """A merchant could not find the broken item."""
    offers, rejections = read(tmp_path, RSS.format(items=MUG + "<item><g:id>x</g:id></item>"))
    assert len(offers) == 1
    assert [(r.offer_id, r.line, r.field, r.reason) for r in rejections] == [
        ("x", 2, "title", "is missing")
    ]


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1/evil.dtd">',
    ],
    ids=["billion-laughs", "external-entity", "external-dtd"],
)
def test_document_types_are_refused(tmp_path: Path, prologue: str) -> None:
    """A hostile feed could read files or fill the memory."""
    body = RSS.format(items=MUG).partition("?>")[2]
    with pytest.raises(FeedError, match="DOCTYPE"):
        read(tmp_path, prologue + body)


def test_broken_xml_says_where(tmp_path: Path) -> None:
    """A truncated download would pass for a whole feed."""
    with pytest.raises(FeedError, match=r"broken: .*line \d+.*reading stopped after"):
        read(tmp_path, RSS.format(items=MUG)[:-30] + "<item>")


def test_missing_namespace_is_explained(tmp_path: Path) -> None:
    """The most common slip of hand-written feeds would stay a riddle."""
    text = RSS.format(items=MUG).replace(' xmlns:g="http://base.google.com/ns/1.0"', "")
    with pytest.raises(FeedError, match="declare xmlns:g"):
        read(tmp_path, text)


def test_xml_without_items_is_empty(tmp_path: Path) -> None:
    """A feed in an unknown XML layout would end in silence."""
    with pytest.raises(EmptyFeedError, match="<item> or <entry>"):
        read(tmp_path, "<products><product/></products>")


def test_other_encodings_are_read(tmp_path: Path) -> None:
    """A feed in Latin-1 would show broken letters."""
    text = RSS.format(items=MUG.replace("Blue", "Café")).replace("utf-8", "iso-8859-1")
    (offer,), _ = read(tmp_path, text.encode("latin-1"))
    assert offer.title == "Café & white mug"


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A feed of millions of items would exhaust the memory."""

    def peak(count: int) -> int:
        filler = f"<g:description>{'word ' * 400}</g:description></item>"
        item = MUG.replace("</item>", filler)
        items = "".join(item.replace("mug-1", f"mug-{n}") for n in range(count))
        path = tmp_path / f"{count}.xml"
        path.write_text(RSS.format(items=items))
        del items
        tracemalloc.start()
        for _ in read_feed(path, merchant_id="m", reject=lambda _: None):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    # An item takes 2,500 bytes of the file; only its id may stay.
    assert peak(2000) - peak(200) < 1800 * 250
