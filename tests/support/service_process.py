"""A service process of a fleet, and a caller with a key."""

from __future__ import annotations

import socket
from typing import Any

import httpx

from kirakat.clock import SystemClock
from kirakat.store.api_keys import create_api_key
from tests.support.asks import SHOP
from tests.support.fleet import Fleet
from tests.support.installation import eventually


class Service:
    """A service process of a fleet, and a caller with a key."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        with fleet.database.writing() as connection:
            scopes = ("resolve", "read", "write")
            token = create_api_key(connection, SHOP, scopes=scopes, now=SystemClock().now())
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=20.0,
        )

    def start(self, **order: Any) -> int:
        """Start it and wait until it answers; gives its process id."""
        pid = self._fleet.start("serve", port=self._port, **order)
        eventually(self.is_up)
        return pid

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self.http.get("/livez").status_code == 200
        except httpx.TransportError:
            return False

    def put_feed(self, count: int = 40) -> None:
        """Bring so many mugs."""
        rows = [f"mug-{i}\tMug {i}\thttps://shop.example/{i}.jpg" for i in range(count)]
        feed = "\n".join(["id\ttitle\timage_link", *rows]).encode()
        kind = {"content-type": "text/tab-separated-values"}
        put = self.http.put("/v1/catalogs/default", content=feed, headers=kind)
        assert put.status_code == 200, put.text

    def resolve(self, *numbers: int) -> list[dict[str, Any]]:
        """Ask for some mugs."""
        items = [_item(number) for number in numbers]
        answer = self.http.post("/v1/creatives:resolve", json={"items": items})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def generate(self, number: int) -> str:
        """Have a mug made; gives its key once that is promised."""
        answer = self.http.post("/v1/generations", json=_item(number))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["name"]).removeprefix("operations/")


def _item(number: int) -> dict[str, Any]:
    return {"offer_id": f"mug-{number}", "placement": "300x250", "treatment": "positioned"}
