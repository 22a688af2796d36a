"""What bodies look like; the OpenAPI description is written from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
TreatmentName = Literal["generated", "positioned", "original"]
_KEY = "9d1e" * 16


class Body(BaseModel):
    """A body; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FieldProblem(Body):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An error after RFC 9457."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str
    request_id: str
    errors: list[FieldProblem] = Field(default=[])


class SafeArea(Body):
    """Margins kept free of the product, as fractions."""

    left: float = Field(default=0.0, ge=0, lt=1)
    top: float = Field(default=0.0, ge=0, lt=1)
    right: float = Field(default=0.0, ge=0, lt=1)
    bottom: float = Field(default=0.0, ge=0, lt=1)


class PlacementDefaults(Body):
    """Fields for placements that lack them."""

    format: Literal["jpeg", "webp", "avif", "png"] | None = None
    max_bytes: int | None = Field(default=None, ge=1, le=20_000_000)
    safe_area: SafeArea | None = None


class PlacementBody(PlacementDefaults):
    """A placement that has no name in the service."""

    name: (
        Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
        | None
    ) = None
    width: int = Field(ge=32, le=4096)
    height: int = Field(ge=32, le=4096)


PlacementName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]+$"),
    Field(examples=["300x250"]),
]


class ItemBody(Body):
    """One picture that is wanted."""

    offer_id: Text = Field(examples=["mug-navy"])
    placement: PlacementName | PlacementBody
    treatment: TreatmentName = "generated"
    prompt: Text = Field(default="auto", description="auto, or a prompt's id")
    position: int | None = Field(default=None, ge=0, lt=10_000)


FeatureText = Annotated[str, StringConstraints(max_length=200)]
FeatureValues = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=200)],
        FeatureText | float | bool | Annotated[list[float], Field(max_length=1024)] | None,
    ],
    Field(max_length=100),
]
UserId = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class UserBody(Body):
    """A shopper, as far as the shopper agreed."""

    id: UserId | None = Field(default=None, description="Stored as a keyed pseudonym only")
    consent: bool | None = Field(
        default=None, description="false: neither id nor features are used or kept"
    )
    features: FeatureValues | None = Field(
        default=None, description="Features of the shopper: user.*"
    )


class ResolveBody(Body):
    """Up to 100 items."""

    catalog: Text = "default"
    placement_defaults: PlacementDefaults | None = None
    items: list[ItemBody] = Field(min_length=1, max_length=100)
    context: FeatureValues | None = Field(
        default=None, description="Features of the page and the moment: context.*"
    )
    user: UserId | UserBody | None = Field(
        default=None, description="The shopper's id, or more of the shopper"
    )


class AnswerBody(Body):
    """What to show for one item."""

    offer_id: str
    status: Literal["ready", "pending", "rejected", "unavailable"]
    image_url: str | None = Field(description="Works now; null for an unknown offer")
    key: str | None
    operation: str | None
    reason: str | None
    treatment_served: TreatmentName
    arm: str | None
    decision_id: str | None
    logged: bool
    token: str | None = Field(
        default=None, description="The decision, sealed; there with the setting decision_tokens"
    )
    experiment: str | None = Field(
        default=None, description="There where a running experiment could matter"
    )
    variant: str | None = Field(default=None, description="The shopper's, of that experiment")


class ResolvedBody(Body):
    """One answer an item, in the order of asking."""

    items: list[AnswerBody]
    request_id: str


class GenerationBody(ItemBody):
    """An item, and its catalogue."""

    catalog: Text = "default"


class OperationMetadata(Body):
    """How far the work is."""

    state: str = Field(examples=["rendering"])
    revision: int
    reason: str = ""
    requested_at: datetime | None = None
    updated_at: datetime | None = None


class OperationError(Body):
    """Why the work came to nothing."""

    code: int = Field(description="A code of google.rpc.Code", examples=[9])
    message: str


class CreativeBody(Body):
    """One creative."""

    key: str = Field(examples=[_KEY])
    revision: int
    state: str = Field(examples=["ready"])
    reason: str
    offer_id: str
    arm: str | None
    placement: dict[str, Any]
    treatment: TreatmentName
    recipe: str
    image_url: str | None
    sha256: str | None
    format: str | None
    bytes: int | None
    width: int | None
    height: int | None
    attempt: int
    requested_at: datetime
    ready_at: datetime | None
    updated_at: datetime


class OperationBody(Body):
    """Work on one key, in the shape of AIP-151."""

    name: str = Field(examples=[f"operations/{_KEY}"])
    metadata: OperationMetadata
    done: bool
    error: OperationError | None = None
    response: CreativeBody | None = None


class CertificateBody(Body):
    """What was measured on a creative, and what the gate said of it."""

    key: str
    revision: int
    certificate: dict[str, Any]
    gate: dict[str, Any]


class FeedAddress(Body):
    """Where a feed lies."""

    url: Annotated[str, StringConstraints(min_length=8, max_length=2048)] = Field(
        examples=["https://shop.example/feed.xml"]
    )


class RejectedRow(Body):
    """A row or cell of a feed that could not be used."""

    offer_id: str
    line: int
    field: str
    reason: str


class CatalogBody(Body):
    """What a feed changed."""

    name: str
    revision: int
    new: int
    changed: int
    removed: int
    unchanged: int
    rejected: int
    first_rejections: list[RejectedRow]
    retired_creatives: int


class OfferBody(Body):
    """One offer."""

    catalog: str
    offer_id: str
    title: str
    image_link: str
    description: str
    link: str
    price: str
    brand: str
    color: str
    material: str
    product_type: str
    google_product_category: str
    item_group_id: str
    additional_image_links: list[str]
    attributes: dict[str, str]
    updated_at: datetime


class OfferPage(Body):
    """Offers by id."""

    offers: list[OfferBody]
    next: str | None = Field(description="`after` of the next page; null on the last one")


class PromptBody(Body):
    """A prompt that offers may get."""

    prompt_id: str
    version: int
    arm: str = Field(description="As decisions and creatives name it", examples=["mug-oak@2"])
    category: str
    template: str
    negative: str
    tags: list[str]
    why: str


class PromptPage(Body):
    """All of them, category by category."""

    prompts: list[PromptBody]


class ChangeBody(Body):
    """One event, as callbacks send it."""

    id: str
    type: Literal["creative.ready", "creative.rejected", "creative.retired"]
    timestamp: str
    data: dict[str, Any]


class ChangesBody(Body):
    """A part of the change feed."""

    changes: list[ChangeBody]
    next: int
    more: bool


class NewEndpoint(Body):
    """Where to call back."""

    url: Annotated[str, StringConstraints(min_length=8, max_length=2048)] = Field(
        examples=["https://recommender.example/kirakat"]
    )


class EndpointBody(Body):
    """Where a merchant is called back; the secret is told elsewhere, once."""

    endpoint_id: str
    url: str
    enabled: bool
    reason: str
    old_secret_until: datetime | None
    created_at: datetime


class EndpointSecret(EndpointBody):
    """An endpoint with its secret."""

    secret: str = Field(examples=["whsec_..."])


class EndpointList(Body):
    """All endpoints."""

    endpoints: list[EndpointBody]


class EndpointChange(Body):
    """Call, or do not call."""

    enabled: bool


class Rotation(Body):
    """How long both secrets sign."""

    hours: float = Field(default=24.0, ge=0, le=720)


class CallbackBody(Body):
    """One message to one endpoint."""

    webhook_id: str
    endpoint_id: str
    sequence: int
    event: str
    key: str
    revision: int
    state: str
    attempts: int
    next_at: datetime
    last_code: int | None
    error: str


class CallbackPage(Body):
    """Callbacks by endpoint and number."""

    callbacks: list[CallbackBody]


class Replay(Body):
    """Which messages to send again."""

    webhook_ids: list[Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]] = Field(
        min_length=1, max_length=1000
    )


class Replayed(Body):
    """How many will be sent again."""

    replayed: int


class HealthBody(Body):
    """Whether the service can answer, and what is down."""

    ready: bool
    down: dict[str, str]
