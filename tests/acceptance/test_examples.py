"""The examples: what they promise, they do."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from standardwebhooks import Webhook

from tests.support.installation import eventually, free_port
from tests.support.serving import serving
from tests.support.small_catalog import write_catalog

_EXAMPLES = Path(__file__).parents[2] / "examples"


def test_position_on_white(tmp_path: Path) -> None:
    """If it failed, the first code that people copy would not run."""
    write_catalog(tmp_path)
    out = tmp_path / "out.jpg"
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "position_on_white.py", tmp_path / "ball.jpg", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "largest difference 0" in done.stdout
    with Image.open(out) as picture:
        assert picture.size == (600, 600)
        assert np.asarray(picture.convert("RGB"))[5, 5].min() > 250


def test_the_recommender(tmp_path: Path) -> None:
    """If it failed, the code that recommenders are written after would not run."""
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "recommender.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("kept for k1: None")


def test_choosing_and_learning(tmp_path: Path) -> None:
    """If it failed, the shortest way to see that choosing pays would show nothing."""
    pytest.importorskip("uvicorn", reason="needs kirakat[serve]")
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "choose_and_learn.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "not taken" not in done.stdout
    found = re.search(r"95 % interval \+(\d+)% to", done.stdout)
    assert found is not None, done.stdout
    assert int(found[1]) > 0


def test_the_receiver_prints_what_is_signed_and_refuses_the_rest(tmp_path: Path) -> None:
    """If it did not, the tutorial's reader would see no callback, or believe a forged one."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    event = {
        "id": "e1", "type": "creative.rejected", "timestamp": "2026-11-21T08:30:00Z",
        "data": {
            "key": "k1", "revision": 1, "sequence": 1, "change": 1, "merchant_id": "shop",
            "offer_id": "mug", "placement": "300x250", "treatment": "generated",
            "image_url": None, "reason": "Floating product",
        },
    }  # fmt: skip
    body, now = json.dumps(event), datetime.now(UTC)
    headers = {"webhook-id": "e1", "webhook-timestamp": str(int(now.timestamp()))}
    signed = {**headers, "webhook-signature": Webhook(secret).sign("e1", now, body)}
    forged = {**headers, "webhook-signature": "v1,AAAA"}
    port = free_port()
    with _running("receiver.py", str(port), folder=tmp_path, SECRET=secret) as process:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: _post(address, body, forged) == 400)
        assert _post(address, body, signed) == 204
        process.terminate()
        printed = process.communicate(timeout=120)[0]
    assert "creative.rejected mug 300x250: Floating product" in printed


def test_the_shoppers_report_what_they_saw(tmp_path: Path) -> None:
    """If they did not, the tutorial's learner would have nothing to learn from."""
    (tmp_path / "feed.tsv").write_text("id\timage_link\nmug\thttps://shop.example/mug.jpg\n")
    service = _Service()
    with serving(service):
        address = f"http://127.0.0.1:{service.server_port}"
        options = ("feed.tsv", "--service", address, "--shoppers", "20")
        with _running("shoppers.py", *options, folder=tmp_path, KEY="k") as process:
            printed = process.communicate(timeout=120)[0]
    assert "cosy shoppers, everybody: liked 100% of 10 pictures" in printed
    assert "cool shoppers, everybody: liked 0% of 10 pictures" in printed
    kinds = [event["kind"] for event in service.events]
    assert kinds.count("impression") == 20


class _Service(ThreadingHTTPServer):
    """Answers every resolve with a wooden background, and keeps the events."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.events: list[dict[str, Any]] = []


class _Answers(BaseHTTPRequestHandler):
    server: _Service

    def do_POST(self) -> None:
        """resolve, or events."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "events" in asked:
            self.server.events += asked["events"]
            accepted = len(asked["events"])
            self._answer({"accepted": accepted, "duplicates": 0, "errors": [], "request_id": "r"})
            return
        items = [
            {
                "offer_id": item["offer_id"], "status": "ready", "key": "k", "arm": "mugs-wood@1",
                "image_url": "http://images.example/i/a.jpg", "treatment_served": "generated",
                "decision_id": f"d{id(asked)}", "logged": True,
            }
            for item in asked["items"]
        ]  # fmt: skip
        self._answer({"items": items, "request_id": "r"})

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the tests' output clean."""


@contextmanager
def _running(
    name: str, *arguments: str, folder: Path, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """An example that goes on; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, _EXAMPLES / name, *arguments], cwd=folder, text=True,
        env={**os.environ, "NO_PROXY": "*", **environment}, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _post(address: str, body: str, headers: dict[str, str]) -> int:
    try:
        return httpx.post(address, content=body, headers=headers, trust_env=False).status_code
    except httpx.TransportError:
        return 0
