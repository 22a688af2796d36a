"""How long after a key the next picture stands on the screen, with 1,000 in the queue.

    python -m benchmarks.review

Chromium, headless, 1600 x 1000; every press is approve, and the time is taken in the page, from the
key's event to the frame after the next picture is there, decoded.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.browser import open_page
from tests.support.review_shop import PASSWORD, enter, make_shots, open_shop, serve_pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

_WATCH = """
window.waits = [];
document.addEventListener("keydown", () => {
  const pressed = performance.now();
  const before = document.querySelector(".item").dataset.key;
  const look = () => {
    const item = document.querySelector(".item");
    const image = item?.querySelector(".after");
    if (!item || item.dataset.key === before || !image.complete || !image.naturalWidth)
      return requestAnimationFrame(look);
    window.waits.push(performance.now() - pressed);
  };
  requestAnimationFrame(look);
}, true);
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between presses")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        keys = enter(shop, make_shots(options.items))
        with serve_pages(shop.desk) as address, open_page(width=1600, height=1000) as page:
            waits = _press(page, address, keys[0], options.presses, options.pause)
    waits.sort()
    print(
        f"{options.items} in the queue, {len(waits)} approvals, from the key to the next picture:"
    )
    print(f"median {statistics.median(waits):.0f} ms, 95th percentile "
          f"{waits[int(0.95 * len(waits))]:.0f} ms, longest {waits[-1]:.0f} ms")  # fmt: skip


def _press(page: Page, address: str, key: str, presses: int, pause: float) -> list[float]:
    page.goto(f"{address}/review/login?next=/review/queue/{key}")
    page.fill("[name=name]", "rita")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".item")
    page.wait_for_load_state("networkidle")
    page.evaluate(_WATCH)
    for number in range(presses):
        page.keyboard.press("a")
        page.wait_for_function("count => window.waits.length > count", arg=number)
        time.sleep(pause)
    found: list[float] = page.evaluate("window.waits")
    return found


if __name__ == "__main__":
    main()
