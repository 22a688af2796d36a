"""Shoppers with tastes for a running service: they look, click by taste, and report it.

Run: KEY=kk_... python examples/shoppers.py feed.tsv --shoppers 500
Stands in for a shop's traffic while you try Kirakat (docs/howto/end-to-end.md). Half of the
shoppers like cosy backgrounds, the others cool ones; the service is told which half somebody
belongs to (`segment`), and never what it likes.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kirakat.client import Answer, Item, Kirakat, ShopperEvent

# A shopper likes a background whose prompt's id has one of these words.
TASTES = {
    "cosy": ("wood", "linen", "terracotta", "satin"),
    "cool": ("marble", "slate", "concrete", "stone"),
}
# Click rate of what a shopper likes, and of everything else.
LIKED, OTHER = 0.25, 0.05
_A_CLICK_LATER = timedelta(seconds=1)


def read_items(feed: Path, placement: str) -> list[Item]:
    """The offers of a tab-separated feed, as a widget shows them."""
    with feed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Item(offer_id=row["id"], image_link=row["image_link"], placement=placement) for row in rows
    ]


def likes(segment: str, answer: Answer) -> bool:
    """Whether the shopper likes what is shown; nobody likes the plain photo."""
    return any(word in (answer.arm or "") for word in TASTES[segment])


def look(service: Kirakat, items: list[Item], name: str, segment: str) -> list[Answer]:
    """What one shopper is shown: a widget of up to six offers."""
    user = {"id": name, "features": {"segment": segment}}
    shown = random.sample(items, min(6, len(items)))
    return list(service.resolve(shown, context={"device": "phone"}, user=user).items)


def react(answers: list[Answer], segment: str) -> list[ShopperEvent]:
    """Impressions of all that was written down, and clicks by taste."""
    events = []
    for answer in answers:
        if answer.decision_id is None:
            continue
        now = datetime.now(UTC)
        events.append(ShopperEvent(kind="impression", decision_id=answer.decision_id, at=now))
        if random.random() < (LIKED if likes(segment, answer) else OTHER):  # noqa: S311  no secret
            events.append(
                ShopperEvent(kind="click", decision_id=answer.decision_id, at=now + _A_CLICK_LATER)
            )
    return events


def main() -> None:
    """Let shoppers come, and say how often they saw what they like."""
    options = _options()
    items = read_items(options.feed, options.placement)
    # (segment, variant): impressions, and those that were liked.
    shown: Counter[tuple[str, str]] = Counter()
    liked: Counter[tuple[str, str]] = Counter()
    unlogged, events = 0, []
    with Kirakat(options.service, api_key=os.environ["KEY"], budget=5.0) as service:
        for number in range(options.shoppers):
            segment = list(TASTES)[number % len(TASTES)]
            answers = look(service, items, f"{time.time_ns()}-{number}", segment)
            for answer in answers:
                group = (segment, answer.variant or "everybody")
                shown[group] += 1
                liked[group] += likes(segment, answer)
                unlogged += not answer.logged
            events += react(answers, segment)
            if len(events) > 500 or number == options.shoppers - 1:
                for refused in service.send_events(events).refused:
                    print(f"not taken: {refused.reason}")
                events = []
    for group in sorted(shown):
        share = liked[group] / shown[group]
        print(f"{group[0]:>5} shoppers, {group[1]}: liked {share:.0%} of {shown[group]} pictures")
    print(f"{unlogged} impressions were not written down in time; nothing is learned from them")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("feed", type=Path, help="the tab-separated feed that was uploaded")
    parser.add_argument("--service", default="http://127.0.0.1:8000")
    parser.add_argument("--placement", default="300x250")
    parser.add_argument("--shoppers", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
