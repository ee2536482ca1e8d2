"""Has this invoice been accepted already, in another flux or earlier in this lot?

A doublon refuses one delivery. It says nothing against the original, and every sentence here says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi.model import Card, CleFacture, Facture, FactureStatut, Identifiant, Politique, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import day, party, shown


def unicity_key(facture: Facture, politique: Politique) -> CleFacture | None:
    """What makes the invoice unique: seller, number, year; None when one of the three is missing.

    Under the policy ``siren`` the establishments of one legal entity are one seller. A seller without
    SIREN is named ``type:identifiant``.
    """
    if not facture.numero.strip() or facture.date is None:
        return None
    seller = seller_key(facture.fournisseur.identifiant, politique)
    return CleFacture(seller, facture.numero, facture.date.year) if seller else None


def seller_key(identifiant: Identifiant, politique: Politique) -> str:
    """How the register names a seller; '' for one that bears no number."""
    compact = identifiant._replace(valeur="".join(identifiant.valeur.split()))
    if not compact.valeur:
        return ""
    by_siren = politique.unicite == "siren" and compact.siren
    return compact.siren if by_siren else f"{compact.type}:{compact.valeur}"


def _check_accepted_before(context: Context) -> Iterator[Hit]:
    key = unicity_key(context.facture, context.politique)
    if key is None or context.snapshot is None:
        return
    original = context.snapshot.originaux.get(key)
    if original is None or original.nature is not None or original.statut is FactureStatut.REJETEE:
        return
    yield _hit(context, {"flux": original.flux, "date": day(original.depose_le)})


def _check_rejected_before(context: Context) -> Iterator[Hit]:
    """What its destinataire has rejected is closed: its number does not serve again."""
    key = unicity_key(context.facture, context.politique)
    if key is None or context.snapshot is None:
        return
    original = context.snapshot.originaux.get(key)
    if original is not None and original.statut is FactureStatut.REJETEE:
        yield _hit(context, {"flux": original.flux, "date": day(original.depose_le)})


def _check_twice_in_lot(context: Context) -> Iterator[Hit]:
    key = unicity_key(context.facture, context.politique)
    if key is None or key not in context.anterieures:
        return
    original = None if context.snapshot is None else context.snapshot.originaux.get(key)
    if original is None or original.nature is not None:  # else told already
        yield _hit(context, {"fichier": shown(context.anterieures[key])})


def _hit(context: Context, words: dict[str, str]) -> Hit:
    words["fournisseur"] = party(context.facture.fournisseur)
    return Hit(context.facture.place("numero"), shown(context.facture.numero), "", words)


_CITATION = "BR-FR-CO-02 (numéro, SIREN du vendeur, année) ; Chorus Pro, numéro unique par fournisseur"

RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-DOUBLON-01",
            Severity.ERROR,
            "DOUBLON",
            _CITATION,
            "La facture n° {value} du fournisseur {fournisseur} a déjà été acceptée le {date} (flux {flux}) "
            ": seul ce dépôt est refusé, la facture d'origine reste valable.",
            "Rien n'est à annuler. S'il s'agit d'une autre facture, le fournisseur lui donne un autre numéro "
            "et la dépose.",
        ),
        _check_accepted_before,
    ),
    Rule(
        Card(
            "EDI-DOUBLON-02",
            Severity.ERROR,
            "DOUBLON",
            _CITATION,
            "La facture n° {value} du fournisseur {fournisseur} figure deux fois dans le lot : celle du "
            "fichier « {fichier} » reste valable, seule celle-ci est refusée.",
            "Rien n'est à annuler. S'il s'agit d'une autre facture, le fournisseur lui donne un autre numéro "
            "et la dépose.",
        ),
        _check_twice_in_lot,
    ),
    Rule(
        Card(
            "EDI-DOUBLON-03",
            Severity.ERROR,
            "DOUBLON",
            _CITATION,
            "La facture n° {value} du fournisseur {fournisseur}, acceptée le {date} (flux {flux}), a été "
            "rejetée par son destinataire : elle est close, et son numéro ne peut plus servir.",
            "Le fournisseur corrige la facture d'après le motif du rejet, lui donne un nouveau numéro et la "
            "dépose.",
        ),
        _check_rejected_before,
    ),
)
