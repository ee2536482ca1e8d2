"""Sample Factur-X: a PDF of one page around the XML of the invoice, its bytes the same for the same values.

It declares itself PDF/A-3 and has its shape, without the embedded fonts and colour profile of a true one.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from edi.samples.pieces import assemble_pdf, page_objects

FICHIER = "factur-x.xml"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


class Hybride(NamedTuple):
    """What the PDF holds and says; faults replace some of it."""

    lignes: tuple[str, ...]  # of the visible page
    factures: tuple[tuple[str, bytes], ...]  # attachments: name and XML
    niveau: str = "EN 16931"
    relation: str = "Alternative"
    part: str = "3"  # of PDF/A
    declare: bool = True  # the metadata name the invoice
    chiffre: bool = False


def write_hybride(hybride: Hybride) -> bytes:
    """The bytes of the PDF."""
    first = 6  # the page and its font are objects 1 to 5
    count = len(hybride.factures)
    specs = [f"{first + 1 + 2 * i + 1} 0 R" for i in range(count)]
    names = " ".join(f"({nom}) {spec}" for (nom, _), spec in zip(hybride.factures, specs, strict=True))
    extra = (
        f" /Metadata {first} 0 R /AF [{' '.join(specs)}]"
        f" /Names << /EmbeddedFiles << /Names [{names}] >> >> /PageMode /UseAttachments"
    )
    objects = list(page_objects(hybride.lignes, extra.encode("ascii")))
    objects.append(_stream(b"/Type /Metadata /Subtype /XML", _write_xmp(hybride).encode()))
    for i, (nom, xml) in enumerate(hybride.factures):
        params = b"/Type /EmbeddedFile /Subtype /text#2Fxml /Params << /Size %d >>" % len(xml)
        objects.append(_stream(params, xml))
        stream = f"{first + 1 + 2 * i} 0 R"
        objects.append(
            f"<< /Type /Filespec /F ({nom}) /UF ({nom}) /AFRelationship /{hybride.relation}"
            f" /Desc (Facture) /EF << /F {stream} /UF {stream} >> >>".encode("ascii")
        )
    trailer = b""
    if hybride.chiffre:  # keys that no password opens: enough to be an encrypted PDF
        key = b"<" + b"5a" * 32 + b">"
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /P -4 /O %s /U %s >>" % (key, key))
        trailer = b" /Encrypt %d 0 R" % len(objects)
    digest = hashlib.sha256(b"".join(objects)).hexdigest()[:32].encode("ascii")
    return assemble_pdf(tuple(objects), b"1.7", b" /ID [<%s> <%s>]%s" % (digest, digest, trailer))


def _stream(words: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (words, len(content), content)


def _write_xmp(hybride: Hybride) -> str:
    declared = (
        f'<rdf:Description xmlns:fx="{_FX}" rdf:about="">'
        "<fx:DocumentType>INVOICE</fx:DocumentType>"
        f"<fx:DocumentFileName>{FICHIER}</fx:DocumentFileName>"
        "<fx:Version>1.0</fx:Version>"
        f"<fx:ConformanceLevel>{hybride.niveau}</fx:ConformanceLevel>"
        "</rdf:Description>"
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" rdf:about="">'
        f"<pdfaid:part>{hybride.part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
        f"</rdf:Description>{declared if hybride.declare else ''}"
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
