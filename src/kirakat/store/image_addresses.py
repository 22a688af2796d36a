"""Addresses of finished images: for everybody, or signed and running out."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from kirakat.errors import SettingsError

# Ending by format; one explicit format an address.
EXTENSIONS = {"jpeg": "jpg", "webp": "webp", "avif": "avif", "png": "png"}
_SIGNATURE_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class ImageAddresses:
    """Makes and checks `<public_url>/i/<sha256>.<ext>`, with `?e=&s=` where it is signed."""

    public_url: str
    # Merchants whose addresses are signed; "*" means all.
    signed: frozenset[str] = frozenset()
    secret: str = ""
    # Seconds that a signed address works.
    lifetime: int = 86_400

    def __post_init__(self) -> None:
        if self.signed and len(self.secret) < 16:
            raise SettingsError(
                "signed_images needs image_secret, of 16 characters or more: openssl rand -hex 32"
            )

    def is_signed(self, merchant_id: str) -> bool:
        """Whether the merchant's images are shown with a signature only."""
        return merchant_id in self.signed or "*" in self.signed

    def url(self, merchant_id: str, sha256: str, image_format: str, *, now: datetime) -> str:
        """The image's absolute address."""
        plain = f"{self.public_url.rstrip('/')}/i/{sha256}.{EXTENSIONS[image_format]}"
        if not self.is_signed(merchant_id):
            return plain
        expires = int(now.timestamp()) + self.lifetime
        return f"{plain}?e={expires}&s={self._sign(merchant_id, sha256, expires)}"

    def allows(
        self, merchant_id: str, sha256: str, expires: str, signature: str, *, now: datetime
    ) -> bool:
        """Whether an address' `e` and `s` show this merchant's image now."""
        if not self.is_signed(merchant_id):
            return True
        if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
            return False
        right = self._sign(merchant_id, sha256, int(expires))
        is_right = hmac.compare_digest(right.encode(), signature.encode())
        return is_right and int(expires) > now.timestamp()

    def _sign(self, merchant_id: str, sha256: str, expires: int) -> str:
        text = f"{merchant_id}\n{sha256}\n{expires}".encode()
        return hmac.new(self.secret.encode(), text, "sha256").hexdigest()[:_SIGNATURE_LENGTH]


def read_addresses(public_url: str, signed: str, secret: str, hours: float) -> ImageAddresses:
    """The addresses that settings describe; raises `SettingsError` for a missing secret."""
    names = frozenset(name.strip() for name in signed.split(",") if name.strip())
    return ImageAddresses(
        public_url=public_url, signed=names, secret=secret, lifetime=int(hours * 3600)
    )
