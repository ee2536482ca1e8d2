"""Can this destinataire receive this invoice? What it asks of the invoice then is in :mod:`.service`.

The order of decision is that of the portal: named, known, active, then what it receives. The first refusal
silences the next ones, for they would speak of a structure that cannot receive anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi.model import Card, Severity, Snapshot, Structure
from edi.validators.identite import form_is_refused
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import day, enumerate_all, party, shown

FACTURES_PUBLIQUES = "FACTURES_PUBLIQUES"  # service reserved to invoices between public structures

# Pieces of works contracts, which a maître d'ouvrage does receive.
_TRAVAUX = frozenset(f"A{n}" for n in range(4, 26)) - {"A9", "A12", "A21"}


def _only(structures: tuple[Structure, ...]) -> Structure | None:
    """The one structure meant, if it is active; a SIREN may mean several."""
    return structures[0] if len(structures) == 1 and structures[0].active else None


def _asked(context: Context) -> Snapshot | None:
    """The snapshot, when it can be asked about this destinataire."""
    identifiant, snapshot = context.facture.destinataire.identifiant, context.snapshot
    if snapshot is None or snapshot.annuaire_du is None or not identifiant.valeur:
        return None
    return None if form_is_refused(context, identifiant) else snapshot


def _structures(context: Context) -> tuple[Structure, ...]:
    snapshot = _asked(context)
    return snapshot.structures_of(context.facture.destinataire.identifiant) if snapshot else ()


def _refuses_cadre(context: Context, structure: Structure) -> bool:
    return structure.moa_uniquement and context.facture.cadre not in _TRAVAUX


def receiving(context: Context) -> Structure | None:
    """The structure that will receive the invoice; None when it cannot, which a rule here then says."""
    found = _only(_structures(context))
    return None if found is None or _refuses_cadre(context, found) else found


def service_is_refused(context: Context) -> bool:
    """True when a fournisseur that is not public names the service reserved to public structures.

    An unnamed fournisseur is left to EDI-FOURN-04.
    """
    fournisseur = context.facture.fournisseur.identifiant
    if context.facture.service != FACTURES_PUBLIQUES or context.snapshot is None or not fournisseur.valeur:
        return False
    return all(structure.privee for structure in context.snapshot.structures_of(fournisseur))


def _hit(context: Context, expected: str = "", **words: str) -> Hit:
    destinataire = context.facture.destinataire
    value = shown(destinataire.identifiant.valeur)
    words["destinataire"] = party(destinataire)
    return Hit(context.facture.place("destinataire"), value, expected, words)


def _check_annuaire(context: Context) -> Iterator[Hit]:
    if context.snapshot is not None and context.snapshot.annuaire_du is None:
        yield _hit(context)


def _check_known(context: Context) -> Iterator[Hit]:
    if not context.facture.destinataire.identifiant.valeur:
        yield _hit(context, raison="elle n'en donne pas le SIRET")
        return
    snapshot = _asked(context)
    if snapshot and snapshot.annuaire_du and not _structures(context):
        name = party(context.facture.destinataire)
        yield _hit(context, raison=f"{name} n'est pas dans l'annuaire du {day(snapshot.annuaire_du)}")


def _check_active(context: Context) -> Iterator[Hit]:
    structures = _structures(context)
    if structures and not any(structure.active for structure in structures):
        yield _hit(context)


def _check_receives(context: Context) -> Iterator[Hit]:
    found = _only(_structures(context))
    if found and _refuses_cadre(context, found):
        yield _hit(context, nom=found.nom)


def _check_reserved(context: Context) -> Iterator[Hit]:
    if receiving(context) and service_is_refused(context):
        hit = _hit(context, fournisseur=party(context.facture.fournisseur))
        yield hit._replace(place=context.facture.place("service"), value=FACTURES_PUBLIQUES)


def _check_unambiguous(context: Context) -> Iterator[Hit]:
    structures = _structures(context)
    active = sorted(structure.identifiant.valeur for structure in structures if structure.active)
    if active and len(structures) > 1:
        few = enumerate_all(active, "ou") if len(active) <= 5 else "le SIRET de l'établissement"
        yield _hit(context, few, nombre=str(len(structures)))


def _card(code: str, motif: str, citation: str, message: str, fix: str) -> Card:
    return Card(code, Severity.ERROR, motif, citation, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-ANNUAIRE-01",
            Severity.HOLD,
            "",
            "Règle propre à Navette : sans annuaire, une facture attend et n'est pas rejetée",
            "La facture attend : l'annuaire des structures publiques n'a pas encore été importé.",
            "L'exploitant de la plateforme importe l'annuaire ; il n'y a rien à faire pour le déposant.",
        ),
        _check_annuaire,
    ),
    Rule(
        _card(
            "EDI-DEST-01",
            "DEST_INC",
            "Chorus Pro, contrôles du destinataire : « destinataire non trouvé ou inactif » ; BR-FR-CPRO-10",
            "Le destinataire de la facture n'a pas été trouvé : {raison}.",
            "Le fournisseur demande au destinataire le SIRET de facturation, le corrige et dépose de nouveau "
            "la facture.",
        ),
        _check_known,
    ),
    Rule(
        _card(
            "EDI-DEST-02",
            "DEST_INC",
            "Chorus Pro, contrôles du destinataire : « destinataire non trouvé ou inactif »",
            "La structure du destinataire {destinataire} est inactive.",
            "Le fournisseur demande au destinataire le SIRET de sa structure active, le corrige et dépose de "
            "nouveau la facture.",
        ),
        _check_active,
    ),
    Rule(
        _card(
            "EDI-DEST-03",
            "REJ_CONT_B2G",
            "Chorus Pro, paramètre de structure EstMOAUniquement",
            "{nom} est uniquement maître d'ouvrage : cette structure ne reçoit que des pièces de marchés de "
            "travaux, pas de facture ordinaire.",
            "Le fournisseur demande au destinataire à quelle structure adresser la facture, ou corrige le "
            "cadre de facturation, et la dépose de nouveau.",
        ),
        _check_receives,
    ),
    Rule(
        _card(
            "EDI-DEST-04",
            "REJ_CONT_B2G",
            "Chorus Pro, service FACTURES_PUBLIQUES réservé aux factures entre structures publiques",
            "Le service « {value} » du destinataire {destinataire} est réservé aux structures publiques ; "
            "{fournisseur} n'en est pas une.",
            "Le fournisseur demande au destinataire son code service, le corrige et dépose de nouveau la "
            "facture.",
        ),
        _check_reserved,
    ),
    Rule(
        _card(
            "EDI-DEST-05",
            "DEST_INC",
            "Chorus Pro, destinataire nommé par son SIRET ; BR-FR-CPRO-10",
            "Le destinataire n'est nommé que par son SIREN {value}, qui compte {nombre} établissements dans "
            "l'annuaire.",
            "Le fournisseur indique le SIRET de l'établissement destinataire et dépose de nouveau la "
            "facture.",
        ),
        _check_unambiguous,
    ),
)
