"""What a recommender imports: ask, verify callbacks, keep the cache of ready images.

Needs `httpx` and, for callbacks, `standardwebhooks`.
"""

from kirakat.client.breaker import Breaker
from kirakat.client.cache import CreativeCache
from kirakat.client.errors import CallbackRefusedError, EventsNotSentError, ServiceError
from kirakat.client.events import CreativeEvent, EventType
from kirakat.client.kirakat import Kirakat
from kirakat.client.records import Answer, ChangePage, Item, Operation, Resolved
from kirakat.client.send_events import RefusedEvent, SentEvents, ShopperEvent
from kirakat.client.verify import Callback, Inbox, verify

__all__ = [
    "Answer",
    "Breaker",
    "Callback",
    "CallbackRefusedError",
    "ChangePage",
    "CreativeCache",
    "CreativeEvent",
    "EventType",
    "EventsNotSentError",
    "Inbox",
    "Item",
    "Kirakat",
    "Operation",
    "RefusedEvent",
    "Resolved",
    "SentEvents",
    "ServiceError",
    "ShopperEvent",
    "verify",
]
