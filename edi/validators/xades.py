"""Electronic signatures of an XML document (XAdES).

Are the bytes those that were signed, and was the signature made with the certificate it shows? Whom to trust
is asked in :mod:`.signataire`, what is told of it stands in :mod:`.signature_cards`.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from edi import xml
from edi.validators.signataire import (
    AUTRE_CLE,
    HOSTILE,
    MODIFIE,
    Certificate,
    first_moment,
    judge_chain,
    name_of,
    read_anchors,
)
from edi.validators.signature_cards import ABSENTE, INVALIDE, Signature

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"


def verify_xades(data: bytes, anchors: Sequence[bytes], moment: datetime) -> Signature:
    """The enveloped signature of an XML document. Never raises for a bad document.

    Only a signature of the whole document counts: one that covers a part says nothing of the invoice.
    """
    trusted = read_anchors(anchors)
    try:
        root = xml.parse(data, entire=True).getroot()
    except xml.XmlRefused:
        return Signature(ABSENTE)
    signatures = list(root.iter(f"{_DS}Signature"))
    if not signatures:
        return Signature(ABSENTE)
    if len(signatures) > 1:
        return Signature(INVALIDE, raison="le document porte plusieurs signatures")
    try:
        return _verify_in_xml(root, signatures[0], trusted, moment)
    except HOSTILE:
        return Signature(INVALIDE, raison="elle est illisible")


def _verify_in_xml(
    root: etree._Element, signature: etree._Element, trusted: Sequence[Certificate], moment: datetime
) -> Signature:
    chain = _read_chain(signature)
    if not chain:
        return Signature(INVALIDE, raison="elle ne montre pas de certificat")
    signer, *others = read_anchors(c.public_bytes(Encoding.PEM) for c in chain)
    if signature.find(f".//{_XADES}SignedProperties") is None:
        return Signature(INVALIDE, name_of(signer), raison="elle n'est pas au format XAdES")
    config = XAdESSignatureConfiguration(
        expect_references=True,  # any number
        verification_time=first_moment(signer),  # its dates are judged below
    )
    try:
        try:
            results = XAdESVerifier().verify(root, x509_cert=chain[0], expect_config=config)
        except InvalidDigest:
            around = _Around(root)
            if not around.instructions:
                raise
            results = around.verify(root, x509_cert=chain[0], expect_config=config)
    except InvalidDigest:
        return Signature(INVALIDE, name_of(signer), raison=MODIFIE)
    except SignXMLException:
        return Signature(INVALIDE, name_of(signer), raison=AUTRE_CLE)
    signed = [result.signed_xml for result in results if result.signed_xml is not None]
    le = next(filter(None, map(_read_signing_time, signed)), None)
    whole = _canonical(_without_signature(root))
    if not any(_canonical(element) == whole for element in signed):
        return Signature(INVALIDE, name_of(signer), le, "elle ne couvre pas tout le document")
    return judge_chain(signer, others, trusted, moment, le)


class _Around(XAdESVerifier):
    """Takes the processing instructions around the root for a part of the document, as XMLDSig wants.

    signxml leaves them out, as some who sign do: either reading tells that the invoice is what was signed.
    """

    def __init__(self, root: etree._Element) -> None:
        before = list(root.itersiblings(etree.PI, preceding=True))
        after = list(root.itersiblings(etree.PI))
        self.instructions = before + after
        self._before = b"".join(_canonical_instruction(node) + b"\n" for node in reversed(before))
        self._after = b"".join(b"\n" + _canonical_instruction(node) for node in after)
        self._root = root.tag

    def _c14n(self, nodes: Any, *args: Any, **options: Any) -> bytes:
        canonical: bytes = super()._c14n(nodes, *args, **options)
        whole = getattr(nodes, "tag", None) == self._root
        return self._before + canonical + self._after if whole else canonical


def _canonical_instruction(node: Any) -> bytes:
    """As Canonical XML writes it; lxml's own writer is not made for one alone, and crashes."""
    text = f" {node.text}" if node.text else ""
    return f"<?{node.target}{text}?>".replace("\r", "&#xD;").encode()


def _read_chain(signature: etree._Element) -> list[x509.Certificate]:
    """The certificates that a signature shows, its signatory's first."""
    path = f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate"
    texts = ["".join((e.text or "").split()) for e in signature.iterfind(path)]
    return [x509.load_der_x509_certificate(base64.b64decode(text, validate=True)) for text in texts]


def _read_signing_time(signed: etree._Element) -> datetime | None:
    """The time in signed properties; None in any other signed element."""
    if signed.tag != f"{_XADES}SignedProperties":
        return None
    try:
        le = datetime.fromisoformat(signed.findtext(f".//{_XADES}SigningTime", default="").strip())
    except ValueError:
        return None
    return le if le.tzinfo is not None else le.replace(tzinfo=UTC)


def _without_signature(root: etree._Element) -> etree._Element:
    """A copy of the document without its signature, as the transform of an enveloped signature makes it."""
    whole = copy.deepcopy(root)
    signature = next(whole.iter(f"{_DS}Signature"))
    parent, before = signature.getparent(), signature.getprevious()
    if parent is None:
        return whole
    if signature.tail and before is not None:
        before.tail = (before.tail or "") + signature.tail
    elif signature.tail:
        parent.text = (parent.text or "") + signature.tail
    signature.tail = None
    parent.remove(signature)
    return whole


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
