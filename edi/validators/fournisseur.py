"""Is the fournisseur known, active, and allowed to send EDI flows? Asked of the snapshot of the annuaire."""

from __future__ import annotations

from collections.abc import Iterator

from edi.model import Card, Severity, Structure
from edi.validators.identite import form_is_refused
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import party, shown


def deposits_for_itself(context: Context) -> bool:
    """True when the déposant is the fournisseur: the same SIREN, or the same SIRET."""
    if context.deposant is None or not context.deposant.siret:
        return False
    identifiant, siret = context.facture.fournisseur.identifiant, context.deposant.siret
    return identifiant.siren == siret[:9] or identifiant.valeur == siret


def _is_silent(context: Context) -> bool:
    """True when the annuaire cannot be asked: not here, never imported, or no number to ask it for."""
    identifiant = context.facture.fournisseur.identifiant
    return (
        context.snapshot is None
        or context.snapshot.annuaire_du is None
        or not identifiant.valeur
        or form_is_refused(context, identifiant)
    )


def _structures(context: Context) -> tuple[Structure, ...]:
    if context.snapshot is None:
        return ()
    return context.snapshot.structures_of(context.facture.fournisseur.identifiant)


def _hit(context: Context) -> Hit:
    fournisseur = context.facture.fournisseur
    value = shown(fournisseur.identifiant.valeur)
    return Hit(context.facture.place("fournisseur"), value, words={"fournisseur": party(fournisseur)})


def _check_named(context: Context) -> Iterator[Hit]:
    if not context.facture.fournisseur.identifiant.valeur:
        yield Hit(context.facture.place("fournisseur"))


def _check_known(context: Context) -> Iterator[Hit]:
    if not _is_silent(context) and not _structures(context):
        yield _hit(context)


def _check_active(context: Context) -> Iterator[Hit]:
    structures = _structures(context)
    if not _is_silent(context) and structures and not any(s.active for s in structures):
        yield _hit(context)


def _check_emitter(context: Context) -> Iterator[Hit]:
    policy = context.politique.emetteur_edi
    concerned = policy == "always" or (policy == "direct" and deposits_for_itself(context))
    active = [structure for structure in _structures(context) if structure.active]
    if concerned and not _is_silent(context) and active and not any(s.emetteur_edi for s in active):
        yield _hit(context)


def _card(code: str, citation: str, message: str, fix: str) -> Card:
    return Card(code, Severity.ERROR, "REJ_COH", citation, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-FOURN-01",
            "Chorus Pro, contrôles du fournisseur : structure connue",
            "Le fournisseur {fournisseur} est inconnu de l'annuaire.",
            "Le fournisseur vérifie son identifiant ou crée sa structure sur le portail, puis le déposant "
            "dépose de nouveau la facture.",
        ),
        _check_known,
    ),
    Rule(
        _card(
            "EDI-FOURN-02",
            "Chorus Pro, contrôles du fournisseur : structure active (ACTIF, INACTIF)",
            "La structure du fournisseur {fournisseur} est inactive.",
            "Le fournisseur réactive sa structure, ou facture sous l'identifiant de sa structure active ; le "
            "déposant dépose ensuite de nouveau la facture.",
        ),
        _check_active,
    ),
    Rule(
        _card(
            "EDI-FOURN-03",
            "Chorus Pro, paramètre de structure « Est émetteur de flux EDI »",
            "La structure du fournisseur {fournisseur} n'est pas déclarée émettrice de flux EDI.",
            "Le gestionnaire de la structure coche « Est émetteur de flux EDI » sur le portail, puis le "
            "déposant dépose de nouveau la facture.",
        ),
        _check_emitter,
    ),
    Rule(
        _card(
            "EDI-FOURN-04",
            "Chorus Pro, Fournisseur/Identifiant ; BR-FR-10 ; BR-FR-CPRO-03",
            "La facture ne donne pas l'identifiant de son fournisseur.",
            "Le fournisseur indique son SIRET (ou son identifiant étranger) et dépose de nouveau la facture.",
        ),
        _check_named,
    ),
)
