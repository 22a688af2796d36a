"""What a recommender imports: ask, verify callbacks, keep the cache of ready images.

Needs `httpx` and, for callbacks, `standardwebhooks`.
"""

from kirakat.client.breaker import Breaker
from kirakat.client.cache import CreativeCache
from kirakat.client.errors import CallbackRefusedError, ServiceError
from kirakat.client.events import CreativeEvent, EventType
from kirakat.client.kirakat import Kirakat
from kirakat.client.records import Answer, ChangePage, Item, Operation, Resolved
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
    "Inbox",
    "Item",
    "Kirakat",
    "Operation",
    "Resolved",
    "ServiceError",
    "verify",
]
