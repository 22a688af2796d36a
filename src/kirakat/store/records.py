"""The rows that cross the store's border, as frozen records. All times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from kirakat.store.states import CallbackState, CreativeState, Event, Lane, RenderState
from kirakat.types import Offer, Placement, Prompt, Recipe, RenderedPrompt, Treatment


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """Who owns offers and creatives."""

    merchant_id: str
    name: str
    # Most renders a day; None: no cap.
    daily_renders: int | None
    # Number of the last transition.
    sequence: int
    # Raised whenever a ready creative is taken back or the prompts change.
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A key that somebody wants made; `identities.make_ask` builds it."""

    key: str
    render_id: str
    merchant_id: str
    offer: Offer
    image_id: str
    # None for treatments without a prompt.
    prompt: RenderedPrompt | None
    placement: Placement
    treatment: Treatment
    recipe: Recipe
    recipe_digest: str
    # The bucket's name; empty for treatments that generate nothing.
    bucket: str
    # The `traceparent` of whoever asks; empty without one.
    trace: str = ""

    @property
    def arm(self) -> str:
        """The bandit's name of it: prompt@version, or the treatment."""
        return self.prompt.prompt.arm if self.prompt else self.treatment


@dataclass(frozen=True, kw_only=True)
class AskOutcome:
    """What became of a key that was asked for."""

    key: str
    render_id: str
    state: CreativeState
    revision: int
    # Whether the key was unknown before.
    created: bool
    # Whether the caller must now enqueue a job for (render_id, round). True on every outcome
    # of that render in the call: collect them in a set.
    enqueue: bool
    round: int


@dataclass(frozen=True, kw_only=True)
class CreativeRecord:
    """A key and what became of it."""

    key: str
    merchant_id: str
    render_id: str
    offer_id: str
    image_id: str
    arm: str
    placement: Placement
    treatment: Treatment
    recipe_label: str
    state: CreativeState
    revision: int
    # Why it is in that state.
    reason: str
    # The finished file; None until there is one.
    sha256: str | None
    format: str | None
    bytes: int | None
    width: int | None
    height: int | None
    certificate: Mapping[str, Any] | None
    gate: Mapping[str, Any] | None
    # The drawing that it shows.
    attempt: int
    requested_at: datetime
    ready_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReadyCreative:
    """What the request path needs of a creative that may be shown."""

    key: str
    revision: int
    sha256: str
    format: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a worker publishes of one finished image, whose blob is stored already."""

    sha256: str
    format: str
    bytes: int
    width: int
    height: int
    # JSON: no infinite numbers.
    certificate: Mapping[str, Any]
    gate: Mapping[str, Any]
    # The drawing that it shows.
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of state that holds only if the creative still is where it was seen."""

    merchant_id: str
    key: str
    revision: int
    origin: CreativeState
    target: CreativeState
    reason: str
    # Who did it: an executor, a person's name, "gate", "catalog".
    actor: str


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One change of state that happened."""

    merchant_id: str
    # From 1, without gaps, in the order of commits.
    sequence: int
    key: str
    revision: int
    origin: CreativeState
    target: CreativeState
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RenderRecord:
    """One job: everything that a worker needs besides the keys that wait on it."""

    render_id: str
    merchant_id: str
    image_id: str
    treatment: Treatment
    bucket: str
    recipe_digest: str
    offer: Offer
    prompt: RenderedPrompt | None
    recipe: Recipe
    lane: Lane
    asked: int
    state: RenderState
    # How often it was queued afresh after it had ended.
    round: int
    # Tries in this round, the running one included.
    attempts: int
    # Which drawing is wanted; the seed's attempt.
    draw: int
    ticket: str
    executor_id: str
    next_at: datetime
    error: str
    created_at: datetime
    updated_at: datetime
    # The `traceparent` of the first who asked; empty without one.
    trace: str = ""


@dataclass(frozen=True, kw_only=True)
class HeldRender:
    """A running render and who holds it."""

    render_id: str
    merchant_id: str
    round: int
    attempts: int
    ticket: str
    executor_id: str
    # When it was claimed.
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a render."""

    render_id: str
    round: int
    number: int
    executor_id: str
    started_at: datetime
    ended_at: datetime | None
    # "done", "failed", "lost", "released", "dead" or "cancelled"; empty while it runs.
    outcome: str
    error: str


@dataclass(frozen=True, kw_only=True)
class QueueLength:
    """How many renders of a lane are in a state, and since when the oldest."""

    lane: Lane
    state: RenderState
    renders: int
    oldest: datetime


@dataclass(frozen=True, kw_only=True)
class ExecutorRecord:
    """A worker process and its last sign of life."""

    executor_id: str
    host: str
    pid: int
    version: str
    started_at: datetime
    heartbeat_at: datetime


@dataclass(frozen=True, kw_only=True)
class OfferRecord:
    """An offer of a catalogue."""

    catalog: str
    offer: Offer
    content_hash: str
    image_id: str
    active: bool
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class OfferChanges:
    """What a feed changed: ids of offers, in the feed's order."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    # Also those that went away in this revision although their row stays.
    removed: tuple[str, ...]
    unchanged: int
    # The catalogue's revision that this was.
    revision: int


@dataclass(frozen=True, kw_only=True)
class CatalogRecord:
    """A named catalogue and where it comes from."""

    merchant_id: str
    name: str
    revision: int
    source_url: str
    etag: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class ImageRecord:
    """One content of one address."""

    image_id: str
    merchant_id: str
    uri: str
    revision: int
    current: bool
    # None until it was fetched.
    sha256: str | None
    width: int | None
    height: int | None
    etag: str
    last_modified: str
    checked_at: datetime | None
    error: str
    # How good a photo it is, 0 to 1; None until its product was cut out.
    photo_quality: float | None
    # What kind of picture, such as "scene"; empty until then.
    photo_composition: str


class KnownPhoto(NamedTuple):
    """What was measured on an offer's photo: None and empty when nothing was."""

    # 0 to 1.
    quality: float | None
    composition: str


@dataclass(frozen=True, kw_only=True)
class FetchedImage:
    """What a fetch found at an address."""

    sha256: str
    width: int
    height: int
    etag: str = ""
    last_modified: str = ""
    # None and empty when it was not measured this time: what is known of the same file stays.
    photo_quality: float | None = None
    photo_composition: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether the photo's quality and composition are known."""
        return self.photo_quality is not None


@dataclass(frozen=True, kw_only=True)
class PromptRecord:
    """A prompt of a merchant's pool, and when it may be shown."""

    prompt: Prompt
    starts_at: datetime | None
    ends_at: datetime | None
    paused: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key's rights; its secret is not kept."""

    key_id: str
    merchant_id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a merchant is called back."""

    endpoint_id: str
    merchant_id: str
    url: str
    # Standard Webhooks secrets, such as "whsec_...".
    secret: str = field(repr=False)
    # Signed with as well until `old_until`; empty: none.
    old_secret: str = field(repr=False)
    old_until: datetime | None
    enabled: bool
    # Why it is disabled.
    reason: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallbackRecord:
    """One message to one endpoint."""

    webhook_id: str
    merchant_id: str
    endpoint_id: str
    # From 1, without gaps, for each endpoint.
    sequence: int
    event: Event
    key: str
    revision: int
    payload: Mapping[str, Any]
    # "failed" waits for its next try, "dead" for a person.
    state: CallbackState
    attempts: int
    next_at: datetime
    last_code: int | None
    error: str
