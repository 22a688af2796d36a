"""Fetch the bytes behind an image link: a file beside the feed, or an http(s) address."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kirakat.catalog.fetch_http import HttpAnswer, fetch_http
from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.catalog.links import is_remote, link_problem
from kirakat.errors import ImageFetchError, ImageRefusedError

if TYPE_CHECKING:
    from ssrfguard.httpx import Client


def fetch_image(
    link: str,
    *,
    base: Path,
    limits: FetchLimits,
    client: Client | None,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """The bytes behind `link`; relative paths start at `base`, the feed's folder.

    `client` comes from `open_image_client`; None keeps the run off the network. Raises
    `ImageRefusedError` for what is not allowed (scheme, address, path, size) and
    `ImageFetchError` for what could not be had.
    """
    problem = link_problem(link)
    if problem:
        raise ImageRefusedError(f"the image link {problem}: {link[:200]}", link=link)
    if not is_remote(link):
        return read_local(link, base=base, limits=limits)
    answer = fetch_http(link, limits=limits, client=client, sleep=sleep)
    return _body(answer, link)


def read_local(link: str, *, base: Path, limits: FetchLimits) -> bytes:
    """The bytes of a local file that lies inside `base`, symbolic links resolved.

    Raises `ImageRefusedError` for a path outside it (unless `limits.allow_any_path`) or a
    file above the cap, `ImageFetchError` when there is no such readable file.
    """
    path = _resolve(link, base=base, limits=limits)
    if not path.is_file():
        raise ImageFetchError(f"{link}: no such file in {base}; mend image_link", link=link)
    try:
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise ImageFetchError(f"{link}: {error.strerror}; check the file", link=link) from error
    if len(data) > limits.max_bytes:
        raise ImageRefusedError(
            f"{link}: larger than {limits.max_bytes / 1e6:g} MB; save a smaller picture", link=link
        )
    return data


def _resolve(link: str, *, base: Path, limits: FetchLimits) -> Path:
    try:
        root = base.resolve()
        path = (root / link).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ImageRefusedError(f"{link[:200]}: no usable path ({error})", link=link) from error
    if limits.allow_any_path:
        return path
    if Path(link).is_absolute() or not path.is_relative_to(root):
        raise ImageRefusedError(
            f"{link[:200]}: outside the feed's folder {base}; move the picture there, or allow any "
            "path (KIRAKAT_ALLOW_ANY_PATH=true)",
            link=link,
        )
    return path


def _body(answer: HttpAnswer, link: str) -> bytes:
    if answer.body is None:
        raise ImageFetchError(f"{link}: answered 304 to a plain request", link=link)
    return answer.body
