"""Who signed: does the certificate of a signature descend from an authority that the operator trusts?

Nothing is fetched: revocation is not looked up, and a time-stamp is not asked for. The libraries of this
module, and of those that verify a PDF or an XML document, take a second to load.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from lxml import etree
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathError,
    ValidationError,
)
from signxml.exceptions import SignXMLException

from edi.validators.signature_cards import INCONNUE, INVALIDE, VALIDE, Signature
from edi.validators.wording import day, shown

MODIFIE = "le document a été modifié après la signature"
AUTRE_CLE = "elle n'a pas été faite avec le certificat qu'elle montre"

# What the libraries raise for bytes that are not what they claim to be.
HOSTILE = (
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


def first_moment(certificate: Certificate) -> datetime:
    """An instant at which a certificate cannot yet have expired."""
    start: datetime = certificate.not_valid_before
    return start + timedelta(seconds=1)


def name_of(certificate: Certificate) -> str:
    """The common name of a signatory, or its whole name; fit to be quoted."""
    subject = certificate.subject
    return shown(str(subject.native.get("common_name") or subject.human_friendly))


def judge_chain(
    signer: Certificate,
    others: Iterable[Certificate],
    trusted: Sequence[Certificate],
    moment: datetime,
    le: datetime | None,
) -> Signature:
    """The state of a signature whose bytes are right, by the authority that answers for its certificate."""
    name, others = name_of(signer), list(others)
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
