"""What our judgement comes to in messages of the reform: which statut, which motifs, for which object.

An invoice that no message can name (no number, no date, no SIREN) has none: the integration report tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.cdv import building, tables
from edi.cdv.building import PLATEFORME, CdvIllegal, FactureVisee, Raison, Signature
from edi.model import (
    Cdv,
    Deposant,
    DonneeCdv,
    Emission,
    Facture,
    FactureDeposee,
    FactureStatut,
    Finding,
    LotJuge,
    PartieCdv,
    Severity,
)
from edi.outbound.cdar import write_cdar
from edi.store import factures, messages
from edi.store import flux as flux_store
from edi.store.messages import MessagePrevu

NOUVELLE_FACTURE = "NIN"
_CODES = {
    FactureStatut.DEPOSEE: "200",
    FactureStatut.MISE_A_DISPOSITION: "203",
    FactureStatut.NON_CONFORME: "213",
}
_TERM = re.compile(r"B[TG]-(?:X-)?[0-9]+(?:-[0-9]+)?")


def explain(findings: Iterable[Finding], legal: Collection[str], action: str = "") -> tuple[Raison, ...]:
    """The motifs that findings give a statut: rule, term, value in the note, XPath in the place."""
    told = dict.fromkeys(f for f in findings if f.severity >= Severity.ERROR and f.motif in legal)
    return tuple(_explain(finding, action) for finding in told)


def _explain(finding: Finding, action: str) -> Raison:
    term = f" {finding.term}" if finding.term else ""
    found = f" Trouvé : « {finding.value} »." if finding.value else ""
    number = _TERM.search(finding.term)
    place = DonneeCdv(
        type="DIV",
        terme=number[0] if number else "",
        nom=finding.term,
        lieu=finding.location,
        valeur=finding.value,
    )
    donnees = (place,) if finding.location else ()
    return Raison(finding.motif, f"{finding.code}{term} : {finding.message}{found}", action, donnees)


# -- what is to be told -----------------------------------------------------------------------------------


def plan_facture(
    facture: Facture, facture_id: int, statut: FactureStatut, findings: Iterable[Finding], at: datetime
) -> MessagePrevu | None:
    """The message that tells a statut of an invoice; None when none can, or when its file's tells it."""
    code = _CODES.get(statut, "")
    try:
        _build_facture(code, facture, findings, at, at, at, "")
    except CdvIllegal:
        return None
    return MessagePrevu(code, facture_id)


def plan_flux(lot: LotJuge, irrecevable: bool) -> Iterator[MessagePrevu]:
    """The message about a decided flux, then one for each file that is irrecevable by itself."""
    refused = irrecevable and explain(lot.findings, tables.STATUTS_FLUX["501"].motifs)
    yield MessagePrevu("501" if refused else "500")
    for fichier in lot.fichiers:
        found = [*fichier.findings, *(f for jugee in fichier.factures for f in jugee.findings)]
        if explain(found, tables.STATUTS["501"].motifs):
            yield MessagePrevu("501", fichier=fichier.nom)


# -- what is told -----------------------------------------------------------------------------------------


def build_message(
    conn: Connection, emission: Emission, deposant: Deposant, fuseau: ZoneInfo, suffixe: str
) -> bytes:
    """The bytes of one booked message. Raises CdvIllegal, LookupError."""
    told, at = messages.get(conn, emission.id), emission.cree_le.astimezone(fuseau)
    flux = flux_store.get(conn, emission.flux_id)
    if told.facture_id is not None:
        facture = factures.get(conn, told.facture_id)
        findings = factures.findings_of_factures(conn, [facture.id]).get(facture.id, [])
        first = factures.history(conn, facture.id)[0].le.astimezone(fuseau)
        return write_cdar(_build_facture(told.statut, facture, findings, first, at, at, suffixe))
    received = flux.recu_le.astimezone(fuseau)
    signature = Signature(PLATEFORME, (_name(deposant, suffixe),), at, at)
    found = [f for _, fichier, f in factures.findings_of(conn, flux.id) if fichier == told.fichier]
    if told.fichier:
        raisons = explain(found, tables.STATUTS["501"].motifs)
        return write_cdar(building.build_fichier(told.fichier, received, signature, raisons))
    raisons = explain(found, tables.STATUTS_FLUX["501"].motifs) if told.statut == "501" else ()
    return write_cdar(building.build_flux(told.statut, flux.reference, received, signature, raisons))


def _build_facture(
    code: str,
    facture: Facture | FactureDeposee,
    findings: Iterable[Finding],
    recue_le: datetime,
    pose_le: datetime,
    cree_le: datetime,
    suffixe: str,
) -> Cdv:
    """The message about one invoice, for its fournisseur. Raises CdvIllegal."""
    siren = facture.fournisseur.identifiant.siren
    if facture.date is None:
        raise CdvIllegal(())
    seller = building.make_party("SE", siren, facture.fournisseur.nom, f"{siren}{suffixe}")
    raisons = explain(findings, tables.STATUTS["213"].motifs, NOUVELLE_FACTURE) if code == "213" else ()
    visee = FactureVisee(facture.numero, facture.type, facture.date, siren, recue_le)
    return building.build_facture(code, visee, Signature(PLATEFORME, (seller,), pose_le, cree_le), raisons)


def _name(deposant: Deposant, suffixe: str) -> PartieCdv:
    """A déposant as the message about its flux names it; a role alone when its SIRET is not known."""
    siren = deposant.siret[:9]
    return building.make_party("SE", siren, deposant.libelle, f"{siren}{suffixe}") if siren else PLATEFORME
