"""What an invoice must say of itself: number, type, cadre, date, currency, references.

Sums are in :mod:`.montants`, SIRET and SIREN in :mod:`.identite`; :data:`RULES` holds them all.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from iso4217 import Currency

from edi.model import Card, Severity
from edi.validators import identite, montants
from edi.validators.rules import Check, Context, Hit, Rule
from edi.validators.wording import characters, day, enumerate_all, shown

NUMERO_MAX = 20
_NUMERO = frozenset(string.ascii_letters + string.digits + "-+_/")
NUMERO_CHARACTERS = {"chorus": _NUMERO | {" "}, "reforme": _NUMERO}

TYPES = {
    "chorus": ("380", "381"),
    "reforme": tuple("380 389 393 501 386 500 384 471 472 473 261 262 381 396 502 503".split()),
}
CADRES = {
    "chorus": tuple(f"A{n}" for n in range(1, 26) if n != 11),  # A11 was withdrawn from the schemas
    "reforme": tuple("B1 S1 M1 B2 S2 M2 S3 B4 S4 M4 S5 S6 B7 S7 B8 S8 M8 B9 S9 M9".split()),
}
_TYPES_EXPECTED = {
    "chorus": "380 (facture) ou 381 (avoir)",
    "reforme": enumerate_all(TYPES["reforme"], "ou"),
}
_CADRES_EXPECTED = {"chorus": "A1 à A25, sauf A11", "reforme": enumerate_all(CADRES["reforme"], "ou")}
DEVISES = frozenset(currency.code for currency in Currency) - {"XXX", "XTS"}  # "none" and "for tests"

_G105 = "Chorus Pro, spécifications externes EDI, règle G1.05"
_REDEPOSE = "puis dépose de nouveau la facture."


def _check_numero_present(context: Context) -> Iterator[Hit]:
    if not context.facture.numero.strip():
        yield Hit(context.facture.place("numero"))


def _check_numero_length(context: Context) -> Iterator[Hit]:
    numero = context.facture.numero
    if len(numero) > NUMERO_MAX and numero.strip():
        words = {"longueur": str(len(numero)), "maximum": str(NUMERO_MAX)}
        yield Hit(context.facture.place("numero"), shown(numero), f"{NUMERO_MAX} caractères au plus", words)


def _check_numero_characters(context: Context) -> Iterator[Hit]:
    numero, legal = context.facture.numero, NUMERO_CHARACTERS[context.famille]
    if legal.issuperset(numero):
        return
    odd = "".join(char for char in numero if char not in legal)
    if numero.strip():
        space = ", espace" if " " in legal else ""
        expected = f"lettres sans accent, chiffres{space} et - + _ /"
        yield Hit(context.facture.place("numero"), shown(numero), expected, {"caracteres": characters(odd)})


def _check_type(context: Context) -> Iterator[Hit]:
    found = context.facture.type
    if found not in TYPES[context.famille]:
        constat = f"« {shown(found)} » n'est pas admis" if found else "n'est pas indiqué"
        expected = _TYPES_EXPECTED[context.famille]
        yield Hit(context.facture.place("type"), shown(found), expected, {"constat": constat})


def _check_cadre_present(context: Context) -> Iterator[Hit]:
    if not context.facture.cadre:
        yield Hit(context.facture.place("cadre"), "", _CADRES_EXPECTED[context.famille])


def _check_cadre(context: Context) -> Iterator[Hit]:
    cadre, legal = context.facture.cadre, CADRES[context.famille]
    if cadre and cadre not in legal:
        upper = cadre.strip().upper()
        expected = upper if upper in legal else _CADRES_EXPECTED[context.famille]
        yield Hit(context.facture.place("cadre"), shown(cadre), expected)


def _check_date_present(context: Context) -> Iterator[Hit]:
    if context.facture.date is None:
        yield Hit(context.facture.place("date"), "", "une date de la forme AAAA-MM-JJ")


def _check_date_not_future(context: Context) -> Iterator[Hit]:
    found = context.facture.date
    if found is not None and found > context.jour:
        words = {"date": day(found), "jour": day(context.jour)}
        yield Hit(context.facture.place("date"), day(found), f"au plus tard le {day(context.jour)}", words)


def _check_devise(context: Context) -> Iterator[Hit]:
    found = context.facture.devise
    if found not in DEVISES:
        constat = f"« {shown(found)} » n'est pas un code ISO 4217" if found else "n'est pas indiquée"
        upper = found.strip().upper()
        expected = upper if upper in DEVISES else "EUR"
        yield Hit(context.facture.place("devise"), shown(found), expected, {"constat": constat})


def _check_length(field: str, maximum: int) -> Check:
    def check(context: Context) -> Iterator[Hit]:
        text: str = getattr(context.facture, field)
        if len(text) > maximum:
            words = {"longueur": str(len(text)), "maximum": str(maximum)}
            yield Hit(context.facture.place(field), shown(text), f"{maximum} caractères au plus", words)

    return check


def _reject(code: str, citation: str, message: str, fix: str, motif: str = "REJ_SEMAN") -> Card:
    return Card(code, Severity.ERROR, motif, citation, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        _reject(
            "EDI-NUMERO-01",
            f"{_G105} ; EN 16931, BT-1",
            "La facture ne porte pas de numéro.",
            f"Le fournisseur donne un numéro à la facture, {_REDEPOSE}",
        ),
        _check_numero_present,
    ),
    Rule(
        _reject(
            "EDI-NUMERO-02",
            f"{_G105} ; BR-FR-CPRO-02",
            "Le numéro de facture « {value} » compte {longueur} caractères ; {maximum} au plus sont admis.",
            f"Le fournisseur raccourcit le numéro de la facture, {_REDEPOSE}",
        ),
        _check_numero_length,
    ),
    Rule(
        _reject(
            "EDI-NUMERO-03",
            f"{_G105} ; BR-FR-02",
            "Le numéro de facture « {value} » contient des caractères qui ne sont pas admis : {caracteres}.",
            f"Le fournisseur retire ces caractères du numéro ({{expected}} sont admis), {_REDEPOSE}",
        ),
        _check_numero_characters,
    ),
    Rule(
        _reject(
            "EDI-TYPE-01",
            "Chorus Pro, schéma CPPFacturePivot (Type) ; BR-FR-04",
            "Le type de document {constat} ; sont admis : {expected}.",
            f"Le fournisseur indique le type du document, {_REDEPOSE}",
        ),
        _check_type,
    ),
    Rule(
        _reject(
            "EDI-CADRE-01",
            "Chorus Pro, règle G1.02 ; BR-FR-08",
            "Le cadre de facturation n'est pas indiqué.",
            f"Le fournisseur indique le cadre de facturation ({{expected}}), {_REDEPOSE}",
        ),
        _check_cadre_present,
    ),
    Rule(
        _reject(
            "EDI-CADRE-02",
            "Chorus Pro, règle G1.02 ; BR-FR-08",
            "Le cadre de facturation « {value} » n'existe pas ; valeur attendue : {expected}.",
            f"Le fournisseur corrige le cadre de facturation, {_REDEPOSE}",
        ),
        _check_cadre,
    ),
    Rule(
        _reject(
            "EDI-DATE-01",
            "EN 16931, BT-2 ; Chorus Pro, DateEmissionFacture ; BR-FR-03",
            "La date de la facture est absente ou illisible.",
            f"Le fournisseur indique la date de la facture, {_REDEPOSE}",
        ),
        _check_date_present,
    ),
    Rule(
        _reject(
            "EDI-DATE-02",
            "Chorus Pro : date de facture au plus tard le jour du dépôt ; BR-FR-CO-01",
            "La facture est datée du {date}, après le jour de son dépôt ({jour}).",
            f"Le fournisseur corrige la date de la facture, ou attend ce jour, {_REDEPOSE}",
        ),
        _check_date_not_future,
    ),
    Rule(
        _reject(
            "EDI-DEVISE-01",
            "ISO 4217 ; EN 16931, BT-5",
            "La devise de la facture {constat}.",
            f"Le fournisseur indique la devise par ses trois lettres (EUR pour l'euro), {_REDEPOSE}",
        ),
        _check_devise,
    ),
    *identite.RULES,
    *montants.RULES,
    Rule(
        _reject(
            "EDI-REF-01",
            "Chorus Pro, CodeService : 100 caractères au plus",
            "Le code service « {value} » compte {longueur} caractères ; {maximum} au plus sont admis.",
            f"Le fournisseur demande au destinataire son code service exact, le corrige, {_REDEPOSE}",
            "REJ_CONT_B2G",
        ),
        _check_length("service", 100),
    ),
    Rule(
        _reject(
            "EDI-REF-02",
            "Chorus Pro, NumeroEngagement : 50 caractères au plus ; BR-FR-CPRO-15",
            "Le numéro d'engagement « {value} » compte {longueur} caractères ; {maximum} au plus sont admis.",
            f"Le fournisseur reprend le numéro d'engagement du bon de commande, {_REDEPOSE}",
            "REJ_CONT_B2G",
        ),
        _check_length("engagement", 50),
    ),
    Rule(
        _reject(
            "EDI-REF-03",
            "Chorus Pro, NumeroMarche : 50 caractères au plus ; BR-FR-CPRO-14",
            "Le numéro de marché « {value} » compte {longueur} caractères ; {maximum} au plus sont admis.",
            f"Le fournisseur reprend le numéro du marché, {_REDEPOSE}",
            "REJ_CONT_B2G",
        ),
        _check_length("marche", 50),
    ),
)
