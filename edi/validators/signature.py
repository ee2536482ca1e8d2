"""Electronic signatures: of a PDF (PAdES) and of an XML document (XAdES).

Three things are asked: are the bytes those that were signed, was the signature made with the certificate it
shows, and does that certificate descend from an authority the operator trusts, on the day of the deposit.
Nothing is fetched: revocation is not looked up, and a time-stamp is not asked for. What is told of it stands
in :mod:`.signature_cards`, apart, because the libraries below take a second to load.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathError,
    ValidationError,
)
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from edi import xml
from edi.validators.signature_cards import ABSENTE, INCONNUE, INVALIDE, VALIDE, Signature
from edi.validators.wording import day, shown

SIGNATURES_MAX = 8  # in one document; more than that is no invoice

_WORST_FIRST = (INVALIDE, INCONNUE, VALIDE)
_MODIFIE = "le document a été modifié après la signature"
_AUTRE_CLE = "elle n'a pas été faite avec le certificat qu'elle montre"
# After a signature, another may be added, and proofs for its keeping; after the last, only such proofs.
_MAY_FOLLOW = ModificationLevel.FORM_FILLING
_MAY_FOLLOW_THE_LAST = ModificationLevel.LTA_UPDATES

_BYTE_RANGE = b"/ByteRange"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"

# What the libraries raise for bytes that are not what they claim to be.
_HOSTILE = (
    PdfError,
    ValidationError,
    PathError,
    SignXMLException,
    InvalidSignature,
    UnsupportedAlgorithm,
    etree.LxmlError,
    zlib.error,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
)


Certificate: TypeAlias = Any  # of asn1crypto, which says nothing of its types


def read_anchors(files: Iterable[bytes]) -> tuple[Certificate, ...]:
    """The certificates of PEM files, several in a file if need be. Raises ValueError for anything else."""
    found = []
    for data in files:
        in_file = [cert for cert in load_certs_from_pemder_data(data) if cert.subject is not None]
        if not in_file:
            raise ValueError("a file of trust anchors holds no certificate")
        found += in_file
    return tuple(found)


# -- PDF --------------------------------------------------------------------------------------------------


def verify_pades(data: bytes, anchors: Sequence[bytes], moment: datetime) -> Signature:
    """The signature of a PDF; the worst of them when it bears several. Never raises for a bad document.

    ``anchors``: PEM files of the trusted authorities. ``moment``: the instant of the deposit, aware.
    Raises ValueError for an anchor that is no certificate.
    """
    trusted = read_anchors(anchors)
    if _BYTE_RANGE not in data:  # it always stands in clear: it tells which bytes are signed
        return Signature(ABSENTE)
    try:
        signatures = PdfFileReader(io.BytesIO(data), strict=False).embedded_regular_signatures
        if not signatures:
            return Signature(ABSENTE)
        if len(signatures) > SIGNATURES_MAX:
            return Signature(INVALIDE, raison="le PDF porte trop de signatures")
        *earlier, last = signatures  # in the order in which they were made
        found = [_verify_in_pdf(one, _MAY_FOLLOW, trusted, moment) for one in earlier]
        found.append(_verify_in_pdf(last, _MAY_FOLLOW_THE_LAST, trusted, moment))
    except _HOSTILE:
        return Signature(INVALIDE, raison="le PDF ou sa signature est illisible")
    return min(found, key=lambda signature: _WORST_FIRST.index(signature.etat))


def _verify_in_pdf(
    signature: EmbeddedPdfSignature,
    may_follow: ModificationLevel,
    trusted: Sequence[Certificate],
    moment: datetime,
) -> Signature:
    signer, le = signature.signer_cert, signature.self_reported_timestamp
    # Whom to trust is asked below, as for XML: here the certificate answers for itself.
    alone = ValidationContext(trust_roots=[signer], moment=_first_moment(signer), allow_fetching=False)
    any_usage = KeyUsageConstraints(key_usage=set())
    status = validate_pdf_signature(signature, alone, key_usage_settings=any_usage)
    level = status.modification_level
    raison = ""
    if not status.intact or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        raison = _MODIFIE
    elif not status.valid:
        raison = _AUTRE_CLE
    elif level is not None and (level > may_follow or not status.docmdp_ok):
        raison = _MODIFIE
    if raison:
        return Signature(INVALIDE, _name(signer), le, raison)
    return _judge_chain(signer, signature.other_embedded_certs, trusted, moment, le)


# -- XML --------------------------------------------------------------------------------------------------


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
    except _HOSTILE:
        return Signature(INVALIDE, raison="elle est illisible")


def _verify_in_xml(
    root: etree._Element, signature: etree._Element, trusted: Sequence[Certificate], moment: datetime
) -> Signature:
    chain = _read_chain(signature)
    if not chain:
        return Signature(INVALIDE, raison="elle ne montre pas de certificat")
    signer, *others = read_anchors(c.public_bytes(Encoding.PEM) for c in chain)
    if signature.find(f".//{_XADES}SignedProperties") is None:
        return Signature(INVALIDE, _name(signer), raison="elle n'est pas au format XAdES")
    config = XAdESSignatureConfiguration(
        expect_references=True,  # any number
        verification_time=_first_moment(signer),  # its dates are judged below
    )
    try:
        results = XAdESVerifier().verify(root, x509_cert=chain[0], expect_config=config)
    except InvalidDigest:
        return Signature(INVALIDE, _name(signer), raison=_MODIFIE)
    except SignXMLException:
        return Signature(INVALIDE, _name(signer), raison=_AUTRE_CLE)
    signed = [result.signed_xml for result in results if result.signed_xml is not None]
    le = next(filter(None, map(_read_signing_time, signed)), None)
    whole = _canonical(_without_signature(root))
    if not any(_canonical(element) == whole for element in signed):
        return Signature(INVALIDE, _name(signer), le, "elle ne couvre pas tout le document")
    return _judge_chain(signer, others, trusted, moment, le)


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


# -- whom the operator trusts -----------------------------------------------------------------------------


def _first_moment(certificate: Certificate) -> datetime:
    """An instant at which a certificate cannot yet have expired."""
    start: datetime = certificate.not_valid_before
    return start + timedelta(seconds=1)


def _name(certificate: Certificate) -> str:
    """The common name of a signatory, or its whole name; fit to be quoted."""
    subject = certificate.subject
    return shown(str(subject.native.get("common_name") or subject.human_friendly))


def _judge_chain(
    signer: Certificate,
    others: Iterable[Certificate],
    trusted: Sequence[Certificate],
    moment: datetime,
    le: datetime | None,
) -> Signature:
    """The state of a signature whose bytes are right, by the authority that answers for its certificate."""
    name, others = _name(signer), list(others)
    at_deposit = _chain_fault(signer, others, trusted, moment)
    if at_deposit is None:
        return Signature(VALIDE, name, le)
    if isinstance(at_deposit, ExpiredError):
        raison = f"son certificat a expiré le {day(signer.not_valid_after)}"
        in_time = le is not None and le <= moment and _chain_fault(signer, others, trusted, le) is None
        if in_time:  # so it says: without a time-stamp nobody can prove it any more
            return Signature(INCONNUE, name, le, f"{raison}, après la date qu'elle porte")
        return Signature(INVALIDE, name, le, raison)
    if isinstance(at_deposit, NotYetValidError):
        raison = f"son certificat n'est valable qu'à partir du {day(signer.not_valid_before)}"
        return Signature(INVALIDE, name, le, raison)
    if isinstance(at_deposit, PathBuildingError):
        return Signature(INCONNUE, name, le, "l'autorité qui répond du signataire n'est pas reconnue")
    return Signature(INVALIDE, name, le, "son certificat ne permet pas de signer, ou sa chaîne est rompue")


def _chain_fault(
    signer: Certificate, others: list[Certificate], trusted: Sequence[Certificate], moment: datetime
) -> ValidationError | PathError | None:
    """Why no path leads from a certificate to a trusted one at an instant; None when one does."""
    context = ValidationContext(
        trust_roots=trusted,
        other_certs=others,
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    validator: Any = CertificateValidator(signer, others, context)
    try:
        asyncio.run(validator.async_validate_usage(set()))
    except (ValidationError, PathError) as fault:
        return fault
    return None
