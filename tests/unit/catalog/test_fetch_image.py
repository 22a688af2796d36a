"""Images from files and servers, and what must not be reached."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest
from ssrfguard import Policy
from ssrfguard.httpx import Client

from kirakat.catalog.fetch_image import fetch_image
from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.catalog.image_cache import ImageCache
from kirakat.catalog.image_client import open_image_client
from kirakat.catalog.images import ImageSource
from kirakat.errors import ImageError, ImageFetchError, ImageRefusedError, SettingsError

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LOCAL = FetchLimits(allow_private_addresses=True, timeout=5.0, backoff=0.0)


class Shop(BaseHTTPRequestHandler):
    """A server with every kind of trouble; counts requests by path."""

    counts: dict[str, int]

    def do_GET(self) -> None:
        """Answer by the path."""
        path = self.path
        self.counts[path] = self.counts.get(path, 0) + 1
        if path.startswith("/hop/"):
            left = int(path.rpartition("/")[2])
            self._redirect(f"/hop/{left - 1}" if left > 1 else "/photo")
        elif path == "/loop":
            self._redirect("/loop")
        elif path == "/metadata":
            self._redirect("http://169.254.169.254/latest/")
        elif path == "/file":
            self._redirect("file:///etc/passwd")
        elif path.startswith("/status/"):
            self._answer(int(path.rpartition("/")[2]), b"")
        elif path == "/flaky" and self.counts[path] < 3:
            self._answer(503, b"")
        elif path == "/endless":
            self._stream_without_end()
        elif path == "/packed":
            self._answer(200, b"x", {"Content-Encoding": "gzip"})
        elif self.headers.get("If-None-Match") == '"v1"':
            self._answer(304, b"")
        else:
            self._answer(200, b"photo", {"ETag": '"v1"', "Content-Type": "text/html"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, target: str) -> None:
        self._answer(302, b"", {"Location": target})

    def _stream_without_end(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"\0" * 65_536)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy in the environment."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def shop(no_proxy: None) -> Iterator[str]:  # noqa: ARG001  the client must see no proxy
    """The address of a running server."""
    Shop.counts = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def get(link: str, limits: FetchLimits = LOCAL, base: Path = Path()) -> bytes:
    """Fetch with a client of its own."""
    with open_image_client(limits) as client:
        return fetch_image(link, base=base, limits=limits, client=client, sleep=lambda _: None)


def test_picture_is_fetched(shop: str) -> None:
    """Remote pictures would not arrive; the content type must not matter."""
    assert get(f"{shop}/photo") == b"photo"


def test_loopback_is_refused_by_default(no_proxy: None) -> None:  # noqa: ARG001
    """A feed could read the machine's own services, by name."""
    with pytest.raises(ImageRefusedError, match="Loopback"):
        get("http://localhost/photo", FetchLimits())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1",
     "192.168.1.1", "169.254.169.254", "0.0.0.1", "224.0.0.1", "[fd00::1]", "100.64.0.1"],
)  # fmt: skip
def test_private_addresses_are_refused(no_proxy: None, host: str) -> None:  # noqa: ARG001
    """A feed could reach a private network in one of an address's many spellings."""
    with pytest.raises(ImageRefusedError):
        get(f"http://{host}/x.jpg", FetchLimits(retries=0))


def test_odd_ports_are_refused(no_proxy: None) -> None:  # noqa: ARG001
    """A feed could knock at mail servers and databases."""
    with pytest.raises(ImageRefusedError, match="port"):
        get("http://203.0.113.1:25/x.jpg", FetchLimits())


def test_three_redirects_are_followed(shop: str) -> None:
    """Pictures behind a content network's redirects would be lost."""
    assert get(f"{shop}/hop/3") == b"photo"


@pytest.mark.parametrize("path", ["/hop/4", "/loop"])
def test_more_redirects_are_refused(shop: str, path: str) -> None:
    """A redirect loop would hold a worker."""
    with pytest.raises(ImageRefusedError, match="redirect"):
        get(f"{shop}{path}")


def test_redirect_targets_are_checked(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public address could lead to a private one."""
    ports = frozenset(range(1, 65_536))
    only_shop = Policy(allowed_networks=(ip_network("127.0.0.1/32"),), allowed_ports=ports)
    monkeypatch.setattr("kirakat.catalog.image_client._policy", lambda _: only_shop)
    with pytest.raises(ImageRefusedError, match=r"169\.254"):
        get(f"{shop}/metadata")


def test_redirect_to_a_file_is_refused(shop: str) -> None:
    """A server could make Kirakat read local files."""
    with pytest.raises(ImageRefusedError):
        get(f"{shop}/file")


def test_server_errors_are_retried(shop: str) -> None:
    """A moment's overload would cost a product its picture."""
    assert get(f"{shop}/flaky") == b"photo"
    assert Shop.counts["/flaky"] == 3


def test_retries_end(shop: str) -> None:
    """A dead server would be asked forever."""
    with pytest.raises(ImageFetchError, match="500 after 3 attempts"):
        get(f"{shop}/status/500")
    assert Shop.counts["/status/500"] == 3


def test_retry_pauses_grow(shop: str) -> None:
    """A server in trouble would be asked again at once."""
    limits = FetchLimits(allow_private_addresses=True, backoff=0.5)
    pauses: list[float] = []
    with open_image_client(limits) as client, pytest.raises(ImageFetchError):
        fetch_image(
            f"{shop}/status/503", base=Path(), limits=limits, client=client, sleep=pauses.append
        )
    assert pauses == [0.5, 1.0]


def test_client_errors_are_not_retried(shop: str) -> None:
    """Every dead link would cost three requests."""
    with pytest.raises(ImageFetchError, match="answered 404; there is no such picture"):
        get(f"{shop}/status/404")
    assert Shop.counts["/status/404"] == 1


def test_unreachable_server_is_a_fetch_error(no_proxy: None) -> None:  # noqa: ARG001
    """A server that is down would end the run in a traceback."""
    with pytest.raises(ImageFetchError, match="3 attempts"):
        get("http://127.0.0.1:9/x.jpg")


def test_endless_answer_is_cut_off(shop: str) -> None:
    """One link could fill memory and disk."""
    with pytest.raises(ImageRefusedError, match="larger than 1 MB"):
        get(f"{shop}/endless", FetchLimits(allow_private_addresses=True, max_bytes=1_000_000))


def test_packed_answer_is_refused(shop: str) -> None:
    """A small packed answer could unpack without end."""
    with pytest.raises(ImageFetchError, match="content-encoding"):
        get(f"{shop}/packed")


def test_offline_run_refuses_addresses() -> None:
    """A run that was promised to stay offline would not."""
    with pytest.raises(ImageRefusedError, match="off the network"):
        fetch_image("https://x.example/a.jpg", base=Path(), limits=LOCAL, client=None)


def test_proxy_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy the address check would silently not happen."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    with pytest.raises(SettingsError, match="proxy"):
        open_image_client(FetchLimits())


def test_local_picture_beside_the_feed(tmp_path: Path) -> None:
    """Local catalogues would not run."""
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a.jpg").write_bytes(b"local")
    link = "img/../img/a.jpg"
    assert fetch_image(link, base=tmp_path, limits=FetchLimits(), client=None) == b"local"


@pytest.mark.parametrize("link", ["../secret.jpg", "img/../../secret.jpg", "link.jpg", "ABSOLUTE"])
def test_path_outside_the_folder_is_refused(tmp_path: Path, link: str) -> None:
    """A feed could publish any file of the machine as a product picture."""
    base = tmp_path / "feed"
    (base / "img").mkdir(parents=True)
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    (base / "link.jpg").symlink_to(secret)
    link = str(secret) if link == "ABSOLUTE" else link
    with pytest.raises(ImageRefusedError, match="outside the feed's folder"):
        fetch_image(link, base=base, limits=FetchLimits(), client=None)
    allowed = FetchLimits(allow_any_path=True)
    assert fetch_image(link, base=base, limits=allowed, client=None) == b"secret"


@pytest.mark.parametrize("link", ["none.jpg", ".", "pipe"])
def test_what_is_no_file_is_a_fetch_error(tmp_path: Path, link: str) -> None:
    """A missing picture, a folder or a pipe would crash or hang the run."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageFetchError, match="no such file"):
        fetch_image(link, base=tmp_path, limits=FetchLimits(), client=None)


def test_heavy_local_file_is_refused(tmp_path: Path) -> None:
    """A video beside the feed would be read whole."""
    (tmp_path / "a.jpg").write_bytes(b"\0" * 101)
    with pytest.raises(ImageRefusedError, match="larger"):
        fetch_image("a.jpg", base=tmp_path, limits=FetchLimits(max_bytes=100), client=None)


@pytest.mark.parametrize("link", ["", "a\0b", "data:image/png;base64,x", "//x.example/a.jpg"])
def test_odd_links_are_refused(tmp_path: Path, link: str) -> None:
    """A strange link would crash the run."""
    with pytest.raises(ImageError):
        fetch_image(link, base=tmp_path, limits=FetchLimits(), client=None)


def source(tmp_path: Path, client: Client) -> ImageSource:
    """An image source with a cache in `tmp_path`."""
    cache = ImageCache(tmp_path, merchant_id="m")
    return ImageSource(base=tmp_path, fetch=LOCAL, client=client, cache=cache)


def test_cached_picture_is_only_revalidated(shop: str, tmp_path: Path) -> None:
    """Every run would download every picture again."""
    with open_image_client(LOCAL) as client:
        images = source(tmp_path, client)
        first, second = images.read(f"{shop}/photo"), images.read(f"{shop}/photo")
    assert (first, second) == (b"photo", b"photo")
    assert len(list((tmp_path).rglob("contents/*"))) == 1


def test_damaged_cache_entry_is_fetched_again(shop: str, tmp_path: Path) -> None:
    """A half-written file would become the product."""
    with open_image_client(LOCAL) as client:
        images = source(tmp_path, client)
        images.read(f"{shop}/photo")
        (content,) = tmp_path.rglob("contents/*")
        content.write_bytes(b"pho")
        assert images.read(f"{shop}/photo") == b"photo"


def test_merchants_do_not_share_a_cache(tmp_path: Path) -> None:
    """One merchant could learn or change another's pictures."""
    ImageCache(tmp_path, merchant_id="a").save("http://x/1", b"a", {})
    assert ImageCache(tmp_path, merchant_id="b").load("http://x/1") is None
