"""Is the SIRET or SIREN that names a party well written? Whether it exists is asked of the annuaire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from edi import identifiers
from edi.model import SIREN, SIRET, Card, Identifiant, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import shown


class _Form(NamedTuple):
    liste: str
    chiffres: int
    well_formed: Callable[[str], bool]
    key_is_right: Callable[[str], bool]


_FORMS = {
    SIRET: _Form("SIRET", 14, identifiers.siret_is_well_formed, identifiers.siret_key_is_right),
    SIREN: _Form("SIREN", 9, identifiers.siren_is_well_formed, identifiers.siren_key_is_right),
}
_CODE = "EDI-SIRET-01"


def is_malformed(identifiant: Identifiant) -> bool:
    """True for a SIRET or SIREN that no registry can hold; an absent one is not malformed."""
    form = _FORMS.get(identifiant.type)
    return form is not None and identifiant.valeur != "" and not form.well_formed(identifiant.valeur)


def form_is_refused(context: Context, identifiant: Identifiant) -> bool:
    """True when EDI-SIRET-01 already rejects the invoice, so that the annuaire need not be asked."""
    severity = context.politique.severites.get(_CODE, Severity.ERROR)
    return severity >= Severity.ERROR and is_malformed(identifiant)


def _parties(context: Context) -> Iterator[tuple[str, Identifiant, _Form]]:
    for name in ("fournisseur", "destinataire"):
        identifiant: Identifiant = getattr(context.facture, name).identifiant
        form = _FORMS.get(identifiant.type)
        if form is not None and identifiant.valeur:
            yield name, identifiant, form


def _proposal(text: str, form: _Form) -> str:
    """The compact form, or the same with the zeros that a spreadsheet ate; '' when neither will do."""
    compact = "".join(char for char in text if char.isalnum())
    if form.well_formed(compact):
        return compact
    padded = compact.zfill(form.chiffres)
    lost_zeros = compact and form.well_formed(padded) and form.key_is_right(padded)
    return padded if lost_zeros else f"{form.chiffres} chiffres"


def _check_form(context: Context) -> Iterator[Hit]:
    for name, identifiant, form in _parties(context):
        if is_malformed(identifiant):
            words = {"liste": form.liste, "partie": name, "chiffres": str(form.chiffres)}
            expected = _proposal(identifiant.valeur, form)
            yield Hit(context.facture.place(name), shown(identifiant.valeur), expected, words)


def _check_key(context: Context) -> Iterator[Hit]:
    for name, identifiant, form in _parties(context):
        if form.well_formed(identifiant.valeur) and not form.key_is_right(identifiant.valeur):
            words = {"liste": form.liste, "partie": name}
            expected = identifiers.luhn_hint(identifiant.valeur)
            yield Hit(context.facture.place(name), identifiant.valeur, expected, words)


def _check_two_entities(context: Context) -> Iterator[Hit]:
    facture = context.facture
    fournisseur, destinataire = facture.fournisseur.identifiant, facture.destinataire.identifiant
    if is_malformed(fournisseur) or is_malformed(destinataire):
        return
    if (siren := fournisseur.siren) and siren == destinataire.siren:
        yield Hit(facture.place("destinataire"), shown(siren))


RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            _CODE,
            Severity.ERROR,
            "REJ_SEMAN",
            "Chorus Pro, TypeIdentifiant 1 : 14 chiffres ; BR-FR-09, BR-FR-10, BR-FR-32",
            "Le {liste} du {partie}, « {value} », ne s'écrit pas avec {chiffres} chiffres sans espace "
            "ni séparateur.",
            "Le fournisseur corrige le {liste} du {partie} (attendu : {expected}) et dépose de nouveau "
            "la facture.",
        ),
        _check_form,
    ),
    Rule(
        Card(
            "EDI-SIRET-02",
            Severity.WARNING,
            "REJ_SEMAN",
            "INSEE, clé de contrôle des SIREN et SIRET ; règle G7.17 du portail public de facturation",
            "La clé de contrôle du {liste} du {partie}, « {value} », est fausse : un chiffre est sans doute "
            "mal saisi.",
            "Le fournisseur vérifie le {liste} du {partie}.",
        ),
        _check_key,
    ),
    Rule(
        Card(
            "EDI-PARTIES-01",
            Severity.WARNING,
            "REJ_COH",
            "EN 16931, BT-30 et BT-47 ; règle de la plateforme : une facture va d'une entité à une autre",
            "Le fournisseur et le destinataire portent le même SIREN, « {value} ».",
            "Le fournisseur vérifie l'identifiant du destinataire (une facture interne à une entité n'est "
            "pas bloquée pour cela).",
        ),
        _check_two_entities,
    ),
)
