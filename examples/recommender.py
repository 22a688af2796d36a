"""A tiny recommender: it asks, shows the original, is called back, and shows the creative.

Run: python examples/recommender.py
The service in this file is a stand-in that knows one creative, so nothing else needs to run;
with a real one, give its address to `Kirakat` and the address of `take_callback` to the service.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

from kirakat.client import CallbackRefusedError, CreativeCache, Inbox, Item, Kirakat

SECRET = "whsec_a2lyYWthdC1leGFtcGxlLXNlY3JldC1vZi0zMi1ieXRlcw=="  # noqa: S105  the example's own
MUG = Item(
    offer_id="mug-navy",
    image_link="https://shop.example/mug-navy.jpg",
    placement="300x250",
)


class Recommender:
    """What a shop's own recommender does with Kirakat."""

    def __init__(self, address: str) -> None:
        self.cache = CreativeCache()
        self._kirakat = Kirakat(address, api_key="example", cache=self.cache, budget=2.0)
        self._inbox = Inbox([SECRET], cache=self.cache)

    def picture(self, item: Item) -> str:
        """The address to show now; the item's own picture if the service does not answer."""
        [answer] = self._kirakat.resolve([item], context={"device": "phone"}, user="p-7d1f").items
        print(f"{item.offer_id}: {answer.status}, show {answer.image_url}")
        return answer.image_url

    def take_callback(self, headers: dict[str, str], body: bytes) -> int:
        """What the web framework calls with the raw body; returns the HTTP status."""
        try:
            events = self._inbox.receive(headers, body)
        except CallbackRefusedError as error:
            print(f"callback refused: {error}")
            return 400
        for event in events:
            print(f"callback: {event.type} for {event.offer_id}")
        return 204

    def catch_up(self) -> int:
        """Read what no callback brought; a timer calls it."""
        return self.cache.heal(self._kirakat.changes)

    def close(self) -> None:
        """Give the connections back."""
        self._kirakat.close()


class StandIn(ThreadingHTTPServer):
    """A service that knows one creative, and makes it when `finish` is called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = "pending"
        self.changes: list[dict[str, object]] = []

    def finish(self, kind: str) -> tuple[dict[str, str], bytes]:
        """Change the creative's state, and return the callback that says so."""
        self.state = "ready" if kind == "creative.ready" else "unavailable"
        event = _event(kind, len(self.changes) + 1)
        self.changes.append(event)
        body, now = json.dumps(event), datetime.now(UTC)
        headers = {
            "webhook-id": str(event["id"]),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(str(event["id"]), now, body),
        }
        return headers, body.encode()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        ready = self.server.state == "ready"
        picture = "http://images.example/i/navy.jpg" if ready else MUG.image_link
        answer = {
            "offer_id": MUG.offer_id,
            "status": self.server.state,
            "image_url": picture,
            "key": "k1",
            "treatment_served": "generated" if ready else "original",
            "logged": True,
        }
        self._answer({"items": [answer], "request_id": "r1"})

    def do_GET(self) -> None:
        count = len(self.server.changes)
        self._answer({"changes": self.server.changes, "next": count, "more": False})

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the example's own lines readable."""


def _event(kind: str, number: int) -> dict[str, object]:
    ready = kind == "creative.ready"
    data = {
        "key": "k1",
        "revision": 1,
        "sequence": number,
        "change": number,
        "merchant_id": "shop",
        "offer_id": MUG.offer_id,
        "placement": MUG.placement,
        "treatment": "generated",
        "image_url": "http://images.example/i/navy.jpg" if ready else None,
        "reason": None if ready else "the photo changed",
    }
    now = datetime.now(UTC).isoformat()
    return {"id": f"{kind}-{number}", "type": kind, "timestamp": now, "data": data}


def main() -> None:
    """Ask, be called back, ask again; then lose a callback and catch up."""
    with StandIn() as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        recommender = Recommender(f"http://127.0.0.1:{service.server_port}")
        recommender.picture(MUG)
        headers, body = service.finish("creative.ready")
        recommender.take_callback(headers, body + b" ")
        recommender.take_callback(headers, body)
        recommender.picture(MUG)
        service.finish("creative.retired")
        print(f"a callback was lost: {recommender.catch_up()} changes read from the feed")
        print(f"kept for k1: {recommender.cache.url('k1')}")
        recommender.close()
        service.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
