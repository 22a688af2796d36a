"""Take callbacks and print them: the recommender's end of docs/howto/end-to-end.md.

Run: SECRET=whsec_... python examples/receiver.py 8002
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kirakat.client import CallbackRefusedError, CreativeCache, Inbox

cache = CreativeCache()
inbox = Inbox([os.environ["SECRET"]], cache=cache)


class Receiver(BaseHTTPRequestHandler):
    """Verifies, drops duplicates, keeps the cache right, and answers at once."""

    def do_POST(self) -> None:
        """A callback."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            events = inbox.receive(dict(self.headers.items()), body)
        except CallbackRefusedError as error:
            print(f"refused: {error}", flush=True)
            self.send_response(400)
        else:
            for event in events:
                what = cache.url(event.key) or event.reason
                print(f"{event.type} {event.offer_id} {event.placement}: {what}", flush=True)
            self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the callbacks readable."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
