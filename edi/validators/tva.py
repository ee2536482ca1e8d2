"""VAT numbers of the parties: is the key right, and is the number that of the party itself?

No official rule computes a key; whether a number is in force is asked of no one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from stdnum.eu import vat
from stdnum.fr import tva as tva_fr

from edi.model import UE_HORS_FRANCE, Card, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import shown

_TERMES = {"fournisseur": "BT-31", "destinataire": "BT-48"}
_FRENCH = re.compile(r"(?:FR[0-9A-Z]{2}|[0-9]{2})([0-9]{9})")  # some forget the country
_SEPARATORS = re.compile(r"[\s.-]")
_FOREIGN = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")


class _Numero(NamedTuple):
    place: str
    partie: str
    texte: str
    compact: str
    siren: str  # in a French number; '' in any other


def _read_numero(place: str, partie: str, texte: str) -> _Numero:
    compact = _SEPARATORS.sub("", texte).upper()
    match = _FRENCH.fullmatch(compact)
    return _Numero(place, partie, texte, compact, match[1] if match else "")


def french_number(siren: str) -> str:
    """The VAT number of a French legal entity, with its numeric key. Source: CGI, annexe III."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def _numbers(context: Context) -> Iterator[_Numero]:
    facture = context.facture
    for partie, terme in _TERMES.items():
        for i, texte in enumerate(facture.termes.get(terme, ())):
            if texte:
                yield _read_numero(f"{terme}[{i}]", partie, texte)
    for partie in _TERMES:
        identifiant = getattr(facture, partie).identifiant
        if identifiant.type == UE_HORS_FRANCE and identifiant.valeur:
            yield _read_numero(partie, partie, identifiant.valeur)


def _is_wrong(numero: _Numero) -> bool:
    """True for a number that cannot be; a country whose keys are not known to us is never wrong."""
    compact = numero.compact
    if compact.startswith("FR") or numero.siren:
        # A fictive SIREN has a wrong key of its own, which EDI-SIRET-02 tells.
        expected = numero.siren and french_number(numero.siren)
        return compact != expected and not tva_fr.is_valid(compact)
    known = _FOREIGN.fullmatch(compact) is not None and compact[:2].lower() in vat.MEMBER_STATES
    return known and not vat.is_valid(compact)


def _check_key(context: Context) -> Iterator[Hit]:
    for numero in _numbers(context):
        if _is_wrong(numero):
            siren = getattr(context.facture, numero.partie).identifiant.siren
            is_french = numero.compact.startswith("FR") and re.fullmatch(r"[0-9]{9}", siren)
            expected = french_number(siren) if is_french else "un numéro dont la clé est juste"
            place = context.facture.place(numero.place)
            yield Hit(place, shown(numero.texte), expected, {"partie": numero.partie})


def _check_same_entity(context: Context) -> Iterator[Hit]:
    for numero in _numbers(context):
        siren = getattr(context.facture, numero.partie).identifiant.siren
        if siren and numero.siren and numero.siren != siren and not _is_wrong(numero):
            words = {"partie": numero.partie, "siren": numero.siren, "attendu": shown(siren)}
            yield Hit(context.facture.place(numero.place), shown(numero.texte), shown(siren), words)


RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-TVA-01",
            Severity.WARNING,
            "REJ_SEMAN",
            "CGI, annexe III, article 95-00 R (clé du numéro français) ; EN 16931, BT-31 et BT-48",
            "Le numéro de TVA intracommunautaire du {partie}, « {value} », n'est pas juste : sa forme ou sa "
            "clé est fausse.",
            "Le fournisseur vérifie le numéro de TVA du {partie} (attendu : {expected}).",
        ),
        _check_key,
    ),
    Rule(
        Card(
            "EDI-TVA-02",
            Severity.WARNING,
            "REJ_COH",
            "EN 16931, BT-31 et BT-48 ; le numéro de TVA français finit par le SIREN",
            "Le numéro de TVA du {partie}, « {value} », est celui du SIREN {siren}, alors que la facture "
            "nomme le SIREN {attendu}.",
            "Le fournisseur vérifie que le SIREN et le numéro de TVA du {partie} sont de la même entreprise "
            "(ils diffèrent aussi pour le membre d'un assujetti unique).",
        ),
        _check_same_entity,
    ),
)
