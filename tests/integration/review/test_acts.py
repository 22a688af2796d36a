"""What people decide and what follows from it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kirakat.errors import ConflictError, StoreError
from kirakat.review.acts import Act, ActOutcome, perform
from kirakat.review.export import export_decisions
from kirakat.review.queue.filters import Filters
from kirakat.review.queue.queries import Reader, count_queue, queue_keys
from kirakat.review.reasons import REASONS
from kirakat.review.undo import undo
from kirakat.store.callbacks import list_callbacks
from kirakat.store.creatives import get_creative
from kirakat.store.endpoints import create_endpoint
from kirakat.store.ledger import read_reviews
from kirakat.store.merchants import read_epoch
from kirakat.store.publish_policies import put_publish_policy
from kirakat.store.records import CreativeRecord
from kirakat.store.review_records import Account
from tests.support.review_shop import Shop, enter, make_shots

People = Callable[[str], Account]


def _look(shop: Shop, key: str) -> CreativeRecord:
    with shop.database.reading() as connection:
        return get_creative(connection, "shop", key)


def _act(seen: CreativeRecord, verdict: str, reason: str = "", note: str = "") -> Act:
    return Act(
        key=seen.key, revision=seen.revision, state=seen.state, reason=reason, note=note,
        verdict=verdict,  # type: ignore[arg-type]
    )  # fmt: skip


def _do(shop: Shop, who: Account, *acts: Act) -> list[ActOutcome]:
    with shop.database.writing() as connection:
        return perform(connection, acts, who, shop.engine, now=shop.clock.now())


def _undo(shop: Shop, who: Account, done: ActOutcome) -> ActOutcome:
    with shop.database.writing() as connection:
        return undo(connection, done.key, done.event_id, who, now=shop.clock.now())


def _keys(shop: Shop, name: str = "rita", **filters: str) -> set[str]:
    reader = Reader(merchant_id="shop", name=name, now=shop.clock.now())
    with shop.database.reading() as connection:
        return {key for key, _ in queue_keys(connection, reader, Filters(**filters), limit=100)}


def test_an_approved_picture_is_ready(shop: Shop, person: People) -> None:
    """If it were not, nothing that people like would ever be shown."""
    [key] = enter(shop, make_shots(1))
    [done] = _do(shop, person("rita"), _act(_look(shop, key), "approve"))
    assert (done.done, _look(shop, key).state) == (True, "ready")
    assert _keys(shop) == set()


@pytest.mark.parametrize("reason", [item.name for item in REASONS])
def test_each_reason_tries_what_it_says(shop: Shop, person: People, reason: str) -> None:
    """If it did not, the same bad picture would come back, or none at all."""
    [key] = enter(shop, make_shots(1))
    _do(shop, person("rita"), _act(_look(shop, key), "reject", reason, "a note"))
    retry = next(item.retry for item in REASONS if item.name == reason)
    is_again = retry in ("redraw", "next_scene")
    assert _look(shop, key).state == ("requested" if is_again else "rejected")
    assert len(shop.engine.jobs) == int(is_again)


def test_a_rejected_picture_leaves_service_and_is_called_back(shop: Shop, person: People) -> None:
    """If it did not, shoppers would go on seeing what a person has forbidden."""
    [key] = enter(shop, make_shots(1))
    with shop.database.writing() as connection:
        create_endpoint(connection, "shop", "https://r.example/hook", now=shop.clock.now())
    _do(shop, person("rita"), _act(_look(shop, key), "approve"))
    with shop.database.reading() as connection:
        before = read_epoch(connection, "shop")
    _do(shop, person("ron"), _act(_look(shop, key), "reject", "unsafe"))
    with shop.database.reading() as connection:
        told = [item.event for item in list_callbacks(connection, "shop")]
        assert read_epoch(connection, "shop") > before
    assert told == ["creative.ready", "creative.rejected"]


def test_the_second_of_two_is_told_who_was_first(shop: Shop, person: People) -> None:
    """If it were not, the later decision would silently overwrite the earlier."""
    [key] = enter(shop, make_shots(1))
    seen = _look(shop, key)
    _do(shop, person("rita"), _act(seen, "approve"))
    [late] = _do(shop, person("ron"), _act(seen, "reject", "halo_or_edge"))
    assert not late.done
    assert "rita approved it" in late.message
    assert _look(shop, key).state == "ready"


def test_of_many_at_once_one_decides(shop: Shop, person: People) -> None:
    """If two did, the history would hold two decisions about one picture."""
    [key] = enter(shop, make_shots(1))
    seen, people = _look(shop, key), [person("rita"), person("ron")] * 3

    def decide(who: Account) -> bool:
        return _do(shop, who, _act(seen, "approve"))[0].done

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(decide, people)) == 1
    with shop.database.reading() as connection:
        assert len(read_reviews(connection, "shop", key)) == 1


def test_bulk_is_one_event_an_item(shop: Shop, person: People) -> None:
    """If one lost item spoiled the rest, bulk would be useless where several people work."""
    keys = enter(shop, make_shots(3))
    seen = [_look(shop, key) for key in keys]
    _do(shop, person("ron"), _act(seen[1], "approve"))
    outcomes = _do(shop, person("rita"), *(_act(item, "reject", "unsafe") for item in seen))
    assert [item.done for item in outcomes] == [True, False, True]
    with shop.database.reading() as connection:
        told = [[item.verdict for item in read_reviews(connection, "shop", key)] for key in keys]
    assert told == [["reject"], ["approve"], ["reject"]]


@pytest.mark.parametrize(
    ("verdict", "reason"), [("approve", ""), ("reject", "unsafe"), ("reject", "low_quality")]
)
def test_undo_leads_back_into_the_queue(
    shop: Shop, person: People, verdict: str, reason: str
) -> None:
    """If it did not, a slip of the finger would stay."""
    [key] = enter(shop, make_shots(1))
    [done] = _do(shop, person("rita"), _act(_look(shop, key), verdict, reason))
    _undo(shop, person("rita"), done)
    assert _look(shop, key).state == "in_review"
    assert _keys(shop) == {key}
    [again] = _do(shop, person("rita"), _act(_look(shop, key), "approve"))
    assert again.done


def test_undo_is_for_the_last_decision_and_ones_own(shop: Shop, person: People) -> None:
    """If it were not, one person could take back what others decided since."""
    [key] = enter(shop, make_shots(1))
    [first] = _do(shop, person("rita"), _act(_look(shop, key), "approve"))
    with pytest.raises(StoreError):
        _undo(shop, person("ron"), first)
    _do(shop, person("ron"), _act(_look(shop, key), "reject", "unsafe"))
    with pytest.raises(ConflictError):
        _undo(shop, person("rita"), first)


def test_a_note_is_asked_for(shop: Shop, person: People) -> None:
    """If it were not, "other" would say nothing to anybody."""
    [key] = enter(shop, make_shots(1))
    with pytest.raises(StoreError, match="note"):
        _do(shop, person("rita"), _act(_look(shop, key), "reject", "other"))


def test_what_one_skips_others_still_see(shop: Shop, person: People) -> None:
    """If they did not, a skipped picture would never be decided."""
    [key] = enter(shop, make_shots(1))
    _do(shop, person("rita"), _act(_look(shop, key), "skip"))
    assert _keys(shop, "rita") == set()
    assert _keys(shop, "rita", show="skipped") == {key}
    assert _keys(shop, "ron") == {key}


def test_a_sample_of_what_passed_is_shown_once(shop: Shop, person: People) -> None:
    """If it were not, nobody would see what the gate lets through."""
    shots = make_shots(2)
    keys = enter(shop, [type(item)(**{**vars(item), "verdict": "pass"}) for item in shots])
    assert _keys(shop) == set()
    with shop.database.writing() as connection:
        put_publish_policy(
            connection, "shop", "main", mode="sample", share=1.0, actor="anna",
            now=shop.clock.now(),
        )  # fmt: skip
    assert _keys(shop) == set(keys)
    _do(shop, person("rita"), _act(_look(shop, keys[0]), "approve"))
    assert _keys(shop) == {keys[1]}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("category", "kitchen", {0, 2, 4}), ("placement", "square", {2, 5}),
        ("defect", "virtual_extension", {1, 4}), ("prompt", "home-oak@1", {1, 3, 5}),
        ("verdict", "reject", set()), ("age", "1h", set()),
        ("recipe", "scene-tiny@1", set(range(6))),
    ],
)  # fmt: skip
def test_filters_choose(shop: Shop, name: str, value: str, expected: set[int]) -> None:
    """If they did not, a reviewer could not work on one kind of defect."""
    keys = enter(shop, make_shots(6))
    assert _keys(shop, **{name: value}) == {keys[number] for number in expected}


def test_the_export_holds_what_calibration_needs(shop: Shop, person: People) -> None:
    """If it did not, the gate's limits could not be set by what people say."""
    keys = enter(shop, make_shots(2))
    _do(shop, person("rita"), _act(_look(shop, keys[0]), "reject", "halo_or_edge"))
    [done] = _do(shop, person("rita"), _act(_look(shop, keys[1]), "approve"))
    _undo(shop, person("rita"), done)
    now = shop.clock.now() + timedelta(seconds=1)
    with shop.database.reading() as connection:
        lines = list(export_decisions(connection, "shop", start=now - timedelta(days=1), end=now))
    assert [item["decision"] for item in lines] == ["reject", "approve", "undo"]
    assert [item["undone"] for item in lines] == [False, True, False]
    assert (lines[0]["defect"], lines[0]["gate"]["verdict"]) == ("halo", "review")
    assert lines[0]["measures"]["halo"] == pytest.approx(12.6)


def test_another_merchants_creative_is_not_there(shop: Shop, person: People) -> None:
    """If it were, one shop could decide about another's pictures."""
    [key] = enter(shop, make_shots(1, merchant_id="rival"), merchant_id="rival")
    [outcome] = _do(
        shop, person("anna"), Act(key=key, revision=0, state="in_review", verdict="approve")
    )
    assert not outcome.done
    reader = Reader(merchant_id="rival", name="x", now=shop.clock.now())
    with shop.database.reading() as connection:
        assert count_queue(connection, reader, Filters()) == 1
        assert get_creative(connection, "rival", key).state == "in_review"
