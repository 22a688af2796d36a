"""Every error that Kirakat raises on purpose.

    KirakatError
    ├── SettingsError            a setting or configuration file is wrong
    ├── FeedError                a feed cannot be read at all
    │   └── EmptyFeedError       no usable row in the whole feed
    ├── ImageError               one image cannot be used
    │   ├── ImageFetchError      it could not be fetched
    │   ├── ImageRefusedError    its address or size is not allowed
    │   └── ImageDecodeError     its bytes are no image that Kirakat reads
    ├── MaskError                no product was found in a picture
    ├── LayoutError              a product cannot be placed as asked
    ├── EncodeError              a picture does not fit its placement's byte cap
    ├── PromptError              a prompt or pool is wrong
    ├── SceneError               a scene or its description is wrong
    ├── ModelError               a model cannot be loaded or used
    │   └── MissingExtraError    an optional dependency is not installed
    ├── RenderError              the renderer is missing or failed
    ├── StoreError               the database or the blob store refuses or is out of reach
    │   ├── ConflictError        somebody else changed the row first
    │   └── NotFoundError        there is no such row or blob
    └── TrainingError            training cannot go on

An error carries the data that explains it as attributes; the class docstring is the
default message.
"""

from __future__ import annotations


class KirakatError(Exception):
    """Kirakat cannot go on."""

    def __init__(self, message: str | None = None, **data: object) -> None:
        self.data = data
        super().__init__(message or (type(self).__doc__ or "").strip())

    def __getattr__(self, name: str) -> object:
        data = self.__dict__.get("data", {})
        if name in data:
            return data[name]
        raise AttributeError(name)


class SettingsError(KirakatError):
    """A setting or configuration file is wrong."""


class FeedError(KirakatError):
    """The feed cannot be read."""


class EmptyFeedError(FeedError):
    """The feed has no usable row."""


class ImageError(KirakatError):
    """The image cannot be used."""


class ImageFetchError(ImageError):
    """The image could not be fetched."""


class ImageRefusedError(ImageError):
    """The image's address or size is not allowed."""


class ImageDecodeError(ImageError):
    """The bytes are no image that Kirakat reads."""


class MaskError(KirakatError):
    """No product was found in the picture."""


class LayoutError(KirakatError):
    """The product cannot be placed as asked."""


class EncodeError(KirakatError):
    """The picture does not fit its placement's byte cap."""


class PromptError(KirakatError):
    """A prompt or pool is wrong."""


class SceneError(KirakatError):
    """A scene or its description is wrong."""


class ModelError(KirakatError):
    """A model cannot be loaded or used."""


class MissingExtraError(ModelError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; run: pip install 'kirakat[{extra}]'",
            package=package,
            extra=extra,
        )


class RenderError(KirakatError):
    """The renderer is missing or failed."""


class StoreError(KirakatError):
    """The database or the blob store refuses or is out of reach."""


class ConflictError(StoreError):
    """Somebody else changed the row first."""


class NotFoundError(StoreError):
    """There is no such row or blob."""


class TrainingError(KirakatError):
    """Training cannot go on."""


class CostError(KirakatError):
    """Prices, timings or a run's record from which no cost can be told."""
