"""How the invoice is to be paid: payment mode, and the account of a credit transfer.

The lists of codes differ from one format of Chorus Pro to another. The reform's formats are left to the
official rules (BR-CL-16, BR-61), but for the key of an IBAN, which no official rule computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from stdnum import iban

from edi.model import Card, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import enumerate_all, shown

AVOIR = "381"
DEJA_PAYEE = "A2"  # cadre of an invoice already paid
VIREMENTS = frozenset({"30", "31", "42", "58"})

# Chorus Pro, rule S2.05, for CII D16B and Factur-X; the widest list published, so that UBL is held to it too.
CODES_S205 = tuple("01 10 20 30 31 42 48 49 58 59 97".split())
# What the pivot can carry to the recipient, and 01, which the sample of CPPFactureMixte uses.
CODES_MIXTE = tuple("01 10 20 30 31 42 48 49 97".split())

_CII, _MIXTE = "CrossIndustryInvoice", "CPPFactureMixte"
_E2 = frozenset({"FSO1110A", "FSO1113A", "FSO1116A", "FSO1117A"})
_E2_SANS_BLOC = "FSO1110A"  # its published template has no cac:PaymentMeans
_MODE = "mode_paiement"
_COMPTE = "BT-84"

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_RIB = re.compile(r"[0-9]{10}[0-9A-Z]{11}[0-9]{2}")


def _is_mixed(context: Context) -> bool:
    return context.racine == _MIXTE or context.interface in _E2


def _lacks_mode(context: Context) -> bool:
    facture = context.facture
    return context.is_absent(_MODE) and facture.type != AVOIR and facture.cadre != DEJA_PAYEE


def _must_tell_mode(context: Context) -> bool:
    return _is_mixed(context) and context.interface != _E2_SANS_BLOC


def _check_mode_of_mixed(context: Context) -> Iterator[Hit]:
    if _lacks_mode(context) and _must_tell_mode(context):
        yield Hit(context.facture.place(_MODE), expected="30 (virement)")


def _check_mode(context: Context) -> Iterator[Hit]:
    if _lacks_mode(context) and not _must_tell_mode(context):
        yield Hit(context.facture.place(_MODE), expected="30 (virement)")


def _check_code(context: Context, codes: tuple[str, ...]) -> Iterator[Hit]:
    found = context.facture.mode_paiement
    if found and found not in codes:
        padded = found.strip().zfill(2)
        expected = padded if padded in codes else enumerate_all(codes, "ou")
        yield Hit(context.facture.place(_MODE), shown(found), expected)


def _check_code_of_cii(context: Context) -> Iterator[Hit]:
    if context.racine == _CII:
        yield from _check_code(context, CODES_S205)


def _check_code_of_others(context: Context) -> Iterator[Hit]:
    if context.racine != _CII:
        yield from _check_code(context, CODES_MIXTE if context.racine == _MIXTE else CODES_S205)


def _comptes(context: Context) -> Iterator[tuple[str, str, str]]:
    """Place, text and compact form of each account of the invoice."""
    for i, text in enumerate(context.facture.termes.get(_COMPTE, ())):
        if compact := "".join(text.split()).upper():
            yield f"{_COMPTE}[{i}]", text, compact


def _check_account_present(context: Context) -> Iterator[Hit]:
    facture = context.facture
    pays_by_transfer = facture.mode_paiement in VIREMENTS and facture.type != AVOIR
    if pays_by_transfer and context.is_absent(_COMPTE) and not _is_mixed(context):
        yield Hit(facture.place(_COMPTE), "", "un IBAN", {"mode": facture.mode_paiement})


def _check_account_form(context: Context) -> Iterator[Hit]:
    if context.facture.mode_paiement not in VIREMENTS:
        return
    for place, text, compact in _comptes(context):
        if not _IBAN.fullmatch(compact) and not _RIB.fullmatch(compact):
            yield Hit(context.facture.place(place), shown(text), "un IBAN, de la forme FR76…")


@lru_cache(maxsize=1024)
def _key_is_right(compact: str) -> bool:
    """Whether an IBAN is right for its country; invoices of one supplier are paid to the same one."""
    return bool(iban.is_valid(compact))


def _check_iban_key(context: Context) -> Iterator[Hit]:
    for place, text, compact in _comptes(context):
        if _IBAN.fullmatch(compact) and not _key_is_right(compact):
            yield Hit(context.facture.place(place), shown(text), "un IBAN dont la clé est juste")


_REDEPOSE = "et dépose de nouveau la facture."
_G114 = "Chorus Pro, spécifications externes EDI, règle G1.14"
_G116 = "Chorus Pro, spécifications externes EDI, règles G1.16 à G1.19 (coordonnées bancaires)"
_CHORUS = frozenset({"chorus"})


def _card(code: str, severity: Severity, citation: str, message: str, fix: str) -> Card:
    return Card(code, severity, "REJ_SEMAN", citation, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-PAIEMENT-01",
            Severity.ERROR,
            "Chorus Pro, formats E2 : « Mode de paiement » obligatoire (2015) ; règle G1.14",
            "La facture mixte n'indique pas son mode de paiement.",
            f"Le fournisseur indique le mode de paiement, par exemple {{expected}}, {_REDEPOSE}",
        ),
        _check_mode_of_mixed,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-PAIEMENT-02",
            Severity.WARNING,
            f"{_G114} : à défaut, virement",
            "La facture n'indique pas son mode de paiement ; elle est lue comme payable par virement.",
            "Le fournisseur indique le mode de paiement de ses prochaines factures, par exemple {expected}.",
        ),
        _check_mode,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-PAIEMENT-03",
            Severity.ERROR,
            "Chorus Pro, spécifications externes EDI, règle S2.05 (CII D16B et Factur-X)",
            "Le mode de paiement « {value} » n'est pas admis ; attendu : {expected}.",
            f"Le fournisseur choisit un mode de paiement admis (30 pour un virement) {_REDEPOSE}",
        ),
        _check_code_of_cii,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-PAIEMENT-04",
            Severity.WARNING,
            "Chorus Pro, règle S2.05 et schéma CPPFacturePivot (ModePaiement)",
            "Le mode de paiement « {value} » n'est pas de ceux que connaît Chorus Pro ; attendu : "
            "{expected}.",
            "Le fournisseur choisit un mode de paiement connu (30 pour un virement) pour ses prochaines "
            "factures.",
        ),
        _check_code_of_others,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-IBAN-01",
            Severity.ERROR,
            f"{_G116} ; EN 16931, BR-61",
            "La facture est payable par virement (mode {mode}) mais n'indique pas le compte à créditer.",
            f"Le fournisseur indique son IBAN {_REDEPOSE}",
        ),
        _check_account_present,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-IBAN-02",
            Severity.ERROR,
            _G116,
            "Le compte à créditer, « {value} », n'est pas un IBAN.",
            f"Le fournisseur reprend l'IBAN de son relevé d'identité bancaire {_REDEPOSE}",
        ),
        _check_account_form,
        _CHORUS,
    ),
    Rule(
        _card(
            "EDI-IBAN-03",
            Severity.WARNING,
            "ISO 13616, clé de contrôle et longueur d'un IBAN ; EN 16931, BT-84",
            "L'IBAN « {value} » est faux : sa clé de contrôle ou sa longueur n'est pas celle d'un IBAN de ce "
            "pays.",
            "Le fournisseur vérifie son IBAN : le virement risque de ne pas aboutir.",
        ),
        _check_iban_key,
    ),
)
