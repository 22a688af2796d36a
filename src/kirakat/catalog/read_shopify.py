"""Shopify's product export: products spread over several rows, folded into offers.

A product's first row carries its title; the rows below with the same handle carry further
variants and further images. A variant with a picture of its own becomes an offer of its own,
joined to the product by `item_group_id`; variants that share the product's picture share its
offer, since they would show the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from kirakat.catalog.columns import normalise_column
from kirakat.catalog.raw_row import RawRow

_COLUMNS = {
    "title": "title",
    "body_html": "description",
    "vendor": "brand",
    "type": "product_type",
    "google_shopping_google_product_category": "google_product_category",
    "variant_price": "price",
    "tags": "tags",
    "google_shopping_gender": "gender",
    "google_shopping_age_group": "age_group",
    "google_shopping_condition": "condition",
    "google_shopping_mpn": "mpn",
    "published": "published",
    "status": "status",
    "product_view": "product_view",
}
_OPTIONS = ("option1", "option2", "option3")
_OPTION_COLUMNS = {"color": "color", "colour": "color", "material": "material", "size": "size"}

Values = Mapping[str, tuple[str, ...]]


def is_shopify(header: Sequence[str]) -> bool:
    """Whether a header is that of a Shopify product export."""
    return {"handle", "title", "image_src"} <= {normalise_column(name) for name in header}


def shopify_rows(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Rows in the specification's columns from rows in Shopify's; one product at a time."""
    for handle, group in groupby(rows, key=_group_key):
        product = list(group)
        if handle.startswith("\0"):
            yield from product
        else:
            yield from _offers(handle, product)


def _group_key(row: RawRow) -> str:
    """The handle; a row that cannot be folded has a key of its own."""
    return f"\0{row.line}" if row.problem else row.first("handle")


def _offers(handle: str, product: list[RawRow]) -> Iterator[RawRow]:
    base, *rest = product
    options = {name: base.first(f"{name}_name") for name in _OPTIONS}
    images = [row.first("image_src") for row in product if row.first("image_src")]
    main = base.first("variant_image") or next(iter(images), "")
    variants = [row for row in rest if row.first("variant_image") not in ("", main)]
    shared = _product_values(base)
    if variants:
        shared["item_group_id"] = (handle,)
    others = tuple(image for image in images if image != main)
    yield _offer(base, handle, shared, main, others, options)
    for row in variants:
        yield _offer(row, _variant_id(handle, row), shared, row.first("variant_image"), (), options)


def _offer(
    row: RawRow,
    offer_id: str,
    shared: Values,
    image: str,
    others: tuple[str, ...],
    options: Mapping[str, str],
) -> RawRow:
    own = {
        "id": (offer_id,),
        "image_link": (image,),
        "additional_image_link": others,
        "price": (row.first("variant_price"),),
        **_option_values(row, options),
    }
    values = {**shared, **{name: cells for name, cells in own.items() if any(cells)}}
    return RawRow(line=row.line, values=values)


def _product_values(base: RawRow) -> dict[str, tuple[str, ...]]:
    return {
        target: base.values[source] for source, target in _COLUMNS.items() if source in base.values
    }


def _option_values(row: RawRow, options: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for option, name in options.items():
        column = _OPTION_COLUMNS.get(normalise_column(name))
        if column:
            values[column] = (row.first(f"{option}_value"),)
    return values


def _variant_id(handle: str, row: RawRow) -> str:
    """The SKU, or the handle with the option values."""
    sku = row.first("variant_sku")
    if sku:
        return sku
    words = " ".join(row.first(f"{option}_value") for option in _OPTIONS)
    slug = re.sub(r"[\W_]+", "-", words.lower()).strip("-")
    return f"{handle}-{slug or row.line}"
