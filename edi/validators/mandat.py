"""May this déposant deposit for this fournisseur? Our own rule, after the mandat de facturation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from edi.model import Card, EtatMandat, Mandat, Severity
from edi.validators.fournisseur import deposits_for_itself
from edi.validators.identite import form_is_refused
from edi.validators.rules import Check, Context, Hit, Rule
from edi.validators.wording import day, party, shown


class _Lack(NamedTuple):
    """Why no mandat covers the day, and the date that says so."""

    code: str
    since: date | None = None
    etat: str = ""


def is_due(context: Context) -> bool:
    """Whether a mandat is asked for at all."""
    identifiant = context.facture.fournisseur.identifiant
    if context.politique.mandat == "never" or not identifiant.valeur or form_is_refused(context, identifiant):
        return False
    return context.politique.mandat == "always" or not deposits_for_itself(context)


def between_parties(context: Context) -> list[Mandat]:
    """Mandats from the fournisseur, or from its legal entity, to the déposant."""
    if context.snapshot is None or context.deposant is None:
        return []
    fournisseur, code = context.facture.fournisseur.identifiant, context.deposant.code
    return [mandat for mandat in context.snapshot.mandats_of(fournisseur) if mandat.mandataire == code]


def _lack(context: Context) -> _Lack | None:
    """The reason that leads soonest to a valid mandat: sign it, wait for it, renew it, or give one."""
    if context.snapshot is None or context.deposant is None or not is_due(context):
        return None
    jour, mandats = context.jour, between_parties(context)
    valid = {EtatMandat.ACTIF}
    if context.politique.mandat_en_cours_vaut_actif:
        valid.add(EtatMandat.EN_COURS_DE_VALIDATION)
    if any(mandat.etat_le(jour) in valid for mandat in mandats):
        return None
    living = [m for m in mandats if m.etat_le(jour) is not EtatMandat.REVOQUE]
    unsigned = [m for m in living if m.signe_le is None and m.cree_le <= jour]
    coming = [m.signe_le or m.cree_le for m in living if m.signe_le or m.cree_le > jour]
    revoked = [m.revoque_le for m in mandats if m.revoque_le is not None and m.revoque_le <= jour]
    if unsigned:
        return _tell_unsigned(unsigned, jour)
    if coming:
        return _Lack("EDI-MANDAT-04", min(coming))
    return _Lack("EDI-MANDAT-03", max(revoked)) if revoked else _Lack("EDI-MANDAT-01")


def _tell_unsigned(unsigned: list[Mandat], jour: date) -> _Lack:
    """Of those that a signature would make valid, the one that has come furthest."""
    sent = [m for m in unsigned if m.etat_le(jour) is EtatMandat.EN_COURS_DE_VALIDATION]
    etat = "en cours de validation" if sent else "souscrit, sans être envoyé à la signature,"
    return _Lack("EDI-MANDAT-02", max((sent and m.soumis_le) or m.cree_le for m in sent or unsigned), etat)


def _check(code: str) -> Check:
    def check(context: Context) -> Iterator[Hit]:
        lack = _lack(context)
        if lack is None or lack.code != code or context.deposant is None:
            return
        fournisseur, deposant = context.facture.fournisseur, context.deposant
        words = {
            "fournisseur": party(fournisseur),
            "deposant": f"{deposant.libelle} ({deposant.code})" if deposant.libelle else deposant.code,
            "jour": day(context.jour),
            "date": day(lack.since) if lack.since else "",
            "etat": lack.etat,
        }
        value = shown(fournisseur.identifiant.valeur)
        yield Hit(context.facture.place("fournisseur"), value, "un mandat actif le jour du dépôt", words)

    return check


def _rule(code: str, message: str, fix: str) -> Rule:
    citation = "Règle propre à Navette, d'après le mandat de facturation de Chorus Pro"
    return Rule(Card(code, Severity.ERROR, "REJ_COH", citation, message, fix), _check(code))


RULES: tuple[Rule, ...] = (
    _rule(
        "EDI-MANDAT-01",
        "{fournisseur} n'a pas donné mandat à {deposant} de déposer ses factures le {jour}.",
        "Le fournisseur donne un mandat de facturation au déposant et le signe ; le déposant dépose ensuite "
        "de nouveau la facture.",
    ),
    _rule(
        "EDI-MANDAT-02",
        "Le mandat donné par {fournisseur} à {deposant} est {etat} depuis le {date} : il ne couvre pas le "
        "dépôt du {jour}.",
        "Le fournisseur signe le mandat qu'il a créé ; le déposant dépose ensuite de nouveau la facture.",
    ),
    _rule(
        "EDI-MANDAT-03",
        "Le mandat donné par {fournisseur} à {deposant} est révoqué depuis le {date} : il ne couvre plus le "
        "dépôt du {jour}.",
        "Le fournisseur donne un nouveau mandat au déposant, ou dépose lui-même la facture.",
    ),
    _rule(
        "EDI-MANDAT-04",
        "Le mandat donné par {fournisseur} à {deposant} ne commence que le {date} : il ne couvre pas encore "
        "le dépôt du {jour}.",
        "Le déposant dépose de nouveau la facture à partir du {date}.",
    ),
)
