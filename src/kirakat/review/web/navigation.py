"""The pages that the head of every page leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kirakat.review.desk import ROOT
from kirakat.store.review_records import Role


class Link(NamedTuple):
    """One entry of the navigation."""

    label: str
    address: str
    role: Role


LINKS: tuple[Link, ...] = (
    Link("Queue", f"{ROOT}/queue", "viewer"),
    Link("Prompts", f"{ROOT}/prompts", "viewer"),
    Link("Scenes", f"{ROOT}/scenes", "viewer"),
    Link("Catalogues", f"{ROOT}/catalogues", "viewer"),
    Link("Dashboard", f"{ROOT}/dashboard", "viewer"),
    Link("Audit", f"{ROOT}/audit", "admin"),
)


def navigation(may: Callable[[Role], bool]) -> list[Link]:
    """The links for somebody."""
    return [link for link in LINKS if may(link.role)]
