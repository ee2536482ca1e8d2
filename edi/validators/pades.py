"""Electronic signatures of a PDF (PAdES).

Are the bytes those that were signed, and was the signature made with the certificate it shows? Whom to trust
is asked in :mod:`.signataire`, what is told of it stands in :mod:`.signature_cards`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

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
from edi.validators.signature_cards import ABSENTE, INCONNUE, INVALIDE, VALIDE, Signature

SIGNATURES_MAX = 8  # in one document; more than that is no invoice

_WORST_FIRST = (INVALIDE, INCONNUE, VALIDE)
# After a signature, another may be added, and proofs for its keeping; after the last, only such proofs.
_MAY_FOLLOW = ModificationLevel.FORM_FILLING
_MAY_FOLLOW_THE_LAST = ModificationLevel.LTA_UPDATES
_BYTE_RANGE = b"/ByteRange"


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
    except HOSTILE:
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
    alone = ValidationContext(trust_roots=[signer], moment=first_moment(signer), allow_fetching=False)
    any_usage = KeyUsageConstraints(key_usage=set())
    status = validate_pdf_signature(signature, alone, key_usage_settings=any_usage)
    level = status.modification_level
    raison = ""
    if not status.intact or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        raison = MODIFIE
    elif not status.valid:
        raison = AUTRE_CLE
    elif level is not None and (level > may_follow or not status.docmdp_ok):
        raison = MODIFIE
    if raison:
        return Signature(INVALIDE, name_of(signer), le, raison)
    return judge_chain(signer, signature.other_embedded_certs, trusted, moment, le)
