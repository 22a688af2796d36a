"""XMP packets that say how a picture was made, written and read.

`Iptc4xmpExt:DigitalSourceType` holds an address of IPTC's controlled vocabulary
(https://cv.iptc.org/newscodes/digitalsourcetype/).
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from PIL import Image, UnidentifiedImageError

from kirakat.errors import ImageDecodeError
from kirakat.types import Treatment

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DIGITAL_SOURCE_TYPES: dict[Treatment, str] = {
    "original": f"{VOCABULARY}digitalCapture",
    "positioned": f"{VOCABULARY}compositeCapture",
    "generated": f"{VOCABULARY}compositeWithTrainedAlgorithmicMedia",
}

_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# The packet's fixed identifier (ISO 16684-1, 7.3.2).
_TEMPLATE = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">\
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{iptc}" xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
xmlns:dc="http://purl.org/dc/elements/1.1/">\
<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>\
<xmp:CreatorTool>Kirakat</xmp:CreatorTool>{description}\
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_DESCRIPTION = (
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    "</dc:description>"
)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What an encoded picture says of itself."""

    treatment: Treatment
    # Such as the prompt's id and version; left out when empty.
    description: str = ""

    @property
    def digital_source_type(self) -> str:
        """IPTC's address for how the picture was made."""
        return DIGITAL_SOURCE_TYPES[self.treatment]


def build_packet(metadata: Metadata) -> bytes:
    """The XMP packet, UTF-8; equal metadata give equal bytes."""
    described = _DESCRIPTION.format(text=escape(metadata.description))
    return _TEMPLATE.format(
        rdf=_RDF,
        iptc=_IPTC,
        source_type=metadata.digital_source_type,
        description=described if metadata.description else "",
    ).encode()


def read_packet(data: bytes) -> bytes | None:
    """The XMP packet of an encoded JPEG, WebP, AVIF or PNG, or None when it has none.

    Raises `ImageDecodeError` for bytes that are no image.
    """
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            # Only the header is read, so a picture's size cannot do harm here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ImageDecodeError("the bytes are no image that Kirakat reads") from error
    return packet.encode() if isinstance(packet, str) else packet


def read_digital_source_type(data: bytes) -> str | None:
    """The IPTC DigitalSourceType of an encoded picture, or None when it states none.

    Raises `ImageDecodeError` for bytes that are no image or whose XMP is broken.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    packet = read_packet(data)
    if packet is None:
        return None
    try:
        root = fromstring(packet.decode().strip("\ufeff\x00 \n"))
    except (ParseError, DefusedXmlException, UnicodeDecodeError) as error:
        raise ImageDecodeError("the picture's XMP cannot be read") from error
    return _find_source_type(root)


def _find_source_type(root: Element) -> str | None:
    """The property as an element's text, as its resource, or as an attribute."""
    name = f"{{{_IPTC}}}DigitalSourceType"
    for element in root.iter():
        if element.tag == name:
            return element.get(f"{{{_RDF}}}resource") or (element.text or "").strip() or None
        if name in element.attrib:
            return element.attrib[name]
    return None
