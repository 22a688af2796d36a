"""What goes wrong between a recommender and the service."""

from __future__ import annotations

from kirakat.errors import KirakatError


class CallbackRefusedError(KirakatError):
    """The callback is not what the service signed, or not one that this client reads."""


class ServiceError(KirakatError):
    """The service could not be reached, or answered with an error."""


class EventsNotSentError(ServiceError):
    """The service stayed away; `unsent` are the events to send again later."""
