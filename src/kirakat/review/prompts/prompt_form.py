"""The form of a prompt: read, and looked through for what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kirakat.errors import PromptError, StoreError
from kirakat.prompts.lint import Finding, estimate_tokens, lint_pools
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.prompts.vocabulary import LIGHTINGS, PALETTES, SURFACES
from kirakat.review.web.visit import Visit
from kirakat.types import Offer, Prompt, SceneQuery

# What a text is tried with while no product is chosen.
_SAMPLE = Offer(
    offer_id="sample", merchant_id="", title="Hand Thrown Stoneware Coffee Mug 350 ml",
    image_link="", color="speckled grey", material="stoneware",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A prompt and what is wrong with it."""

    prompt: Prompt
    findings: tuple[Finding, ...]
    # The text for a product; empty where it cannot be rendered.
    text: str
    # Of 77 that the text encoder reads, by an estimate from above.
    tokens: int

    @property
    def is_sound(self) -> bool:
        """Whether it may be entered: warnings are no hindrance."""
        return not any(finding.level == "error" for finding in self.findings)


def read_form(visit: Visit, version: int) -> Prompt:
    """The prompt that the form describes, as that version; raises `StoreError`."""
    prompt_id = visit.text("id").strip()
    if not prompt_id or len(prompt_id) > 100:
        raise StoreError("The prompt needs an id, of 100 characters at most.")
    return Prompt(
        prompt_id=prompt_id,
        version=version,
        category=visit.text("category").strip()[:100],
        template=" ".join(visit.text("template").split()),
        negative=" ".join(visit.text("negative").split()),
        tags=tuple(part.strip() for part in visit.text("tags").split(",") if part.strip()),
        why=visit.text("why").strip(),
        scene=SceneQuery(
            surfaces=_chosen(visit, "surface", SURFACES),
            lightings=_chosen(visit, "lighting", LIGHTINGS),
            palettes=_chosen(visit, "palette", PALETTES),
        ),
    )


def judge(prompt: Prompt, pool: Sequence[Prompt], offer: Offer | None = None) -> Judged:
    """Everything wrong with a prompt among the others of its pool."""
    others = [one for one in pool if one.prompt_id != prompt.prompt_id]
    try:
        # The prompt last: of two that look alike it is the one that is told.
        found = lint_pools(Pools(by_category={prompt.category: (*others, prompt)}))
        text = render_prompt(prompt, offer or _SAMPLE).text
    except PromptError as error:
        whole = Finding(
            level="error", pool=prompt.category, prompt_id=prompt.prompt_id, message=str(error)
        )
        return Judged(prompt=prompt, findings=(whole,), text="", tokens=0)
    own = [finding for finding in found if finding.prompt_id == prompt.prompt_id]
    empty = [] if prompt.template else [_empty(prompt)]
    findings = sorted([*empty, *own], key=lambda finding: finding.level)
    return Judged(prompt=prompt, findings=tuple(findings), text=text, tokens=estimate_tokens(text))


def read_window(visit: Visit) -> tuple[datetime | None, datetime | None]:
    """Fields `starts` and `ends`, in UTC; raises `StoreError`."""
    starts, ends = _moment(visit.text("starts")), _moment(visit.text("ends"))
    if starts and ends and ends <= starts:
        raise StoreError("The window ends before it starts.")
    return starts, ends


def next_version(prompt: Prompt, latest: Prompt | None) -> Prompt:
    """The prompt as the version after the latest."""
    return replace(prompt, version=latest.version + 1 if latest else 1)


def _empty(prompt: Prompt) -> Finding:
    return Finding(
        level="error", pool=prompt.category, prompt_id=prompt.prompt_id, message="the text is empty"
    )


def _chosen(visit: Visit, name: str, known: Sequence[str]) -> frozenset[str]:
    return frozenset(visit.texts(name)) & frozenset(known)


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise StoreError(f"{text[:40]} is no date and time.") from None
