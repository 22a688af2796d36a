"""What a recommender asks and gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kirakat.client.events import CreativeEvent

Treatment = Literal["generated", "positioned", "original"]
Status = Literal["ready", "pending", "rejected", "unavailable"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture that is wanted now."""

    offer_id: str
    # The offer's own picture: shown when the service does not answer; it is not sent.
    image_link: str
    # A placement's name, or its record: {"width": 300, "height": 250, ...}.
    placement: str | Mapping[str, Any]
    treatment: Treatment = "generated"
    # "auto" lets the policy choose; else a prompt's id.
    prompt: str = "auto"
    # Place in the widget, from 0.
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to show for one item."""

    offer_id: str
    status: Status
    # Works now, whatever the status.
    image_url: str
    # Empty when the service did not answer.
    key: str
    # Path of the operation that makes what is missing.
    operation: str | None
    # Why it is not the creative that was asked for.
    reason: str | None
    # What `image_url` shows.
    treatment_served: Treatment
    # prompt@version that was chosen; None when none was.
    arm: str | None
    # To be sent along with impression and click.
    decision_id: str | None
    # Whether the decision was written down, so that its clicks can be learned from.
    logged: bool
    # The decision itself, sealed, where the service does not write it down: to be sent along with
    # the impression.
    token: str | None = None
    # The experiment that could matter for the item, and the shopper's variant of it.
    experiment: str | None = None
    variant: str | None = None


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The answers, one for each item in the order of asking."""

    items: tuple[Answer, ...]
    # The service's id of the request; empty when it did not answer.
    request_id: str
    # Why answers were given here and not by the service; None when all are the service's.
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Work on one key (shape of AIP-151)."""

    # "operations/<key>"
    name: str
    done: bool
    # State, revision and times.
    metadata: Mapping[str, Any]
    # The finished creative, once done; None before, and after a failure.
    response: Mapping[str, Any] | None = None
    # {"code", "message"} of a failure.
    error: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """The creative's key."""
        return self.name.removeprefix("operations/")


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """A part of the change feed."""

    changes: tuple[CreativeEvent, ...]
    # Cursor to go on from.
    next: int
    # Whether there is more behind it now.
    more: bool
