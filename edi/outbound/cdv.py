"""What is told in messages of the reform: which statut, which motifs, by whom, for which object.

An invoice that no message can name (no number, no date, no SIREN) has none: the integration report tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.cdv import building, tables
from edi.cdv.building import PLATEFORME, CdvIllegal, FactureVisee, Raison, Signature
from edi.cdv.correspondance import Reforme
from edi.model import (
    Cdv,
    Deposant,
    DonneeCdv,
    Emission,
    Facture,
    FactureDeposee,
    FactureStatut,
    Fait,
    Finding,
    LotJuge,
    PartieCdv,
    Severity,
)
from edi.outbound.cdar import write_cdar
from edi.outbound.phrases import PAR_DEFAUT, SEPARATION, say_words
from edi.store import factures, messages, vies
from edi.store import flux as flux_store
from edi.store.messages import MessagePrevu

NOUVELLE_FACTURE = "NIN"
_REJETEE = "213"
_TERM = re.compile(r"B[TG]-(?:X-)?[0-9]+(?:-[0-9]+)?")
_MOTIF = re.compile(r"([A-Z][A-Z0-9_]+)(?:[\s:.,;()–-]+|$)")  # at the head of what a destinataire wrote


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


def explain_words(mots: str, legal: Collection[str], defaut: str, exige: bool) -> tuple[tuple[str, str], ...]:
    """Motifs and notes from the words of a destinataire, a reason between each two « | ».

    A legal motif at the head of a reason is taken out of it. Where none is, the words go with ``defaut`` if a
    motif is needed, and stand alone if not.
    """
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    for part in filter(None, map(str.strip, mots.split(SEPARATION))):
        head = _MOTIF.match(part)
        if head is not None and head[1] in legal:
            note = part[head.end() :].removeprefix(tables.MOTIFS[head[1]])
            found.append((head[1], note.lstrip(" :").strip()))
        else:
            rest.append(part)
    if not found and exige:
        return ((defaut, SEPARATION.join((*rest, PAR_DEFAUT))),)
    if not found:
        return (("", SEPARATION.join(rest)),) if rest else ()
    notes = [(motif, SEPARATION.join(filter(None, (note, *rest)))) for motif, note in found[:1]]
    return (*notes, *found[1:])


# -- what is to be told -----------------------------------------------------------------------------------


def plan_facture(
    facture: Facture | FactureDeposee,
    facture_id: int,
    statut: FactureStatut | None,
    at: datetime,
    reforme: Reforme,
    findings: Iterable[Finding] = (),
    fait: Fait | None = None,
) -> MessagePrevu | None:
    """The message that tells a statut of an invoice; None when none can, or when its file's tells it.

    What a destinataire said by a code of the reform (``fait``) is told by that code, where it can be.
    ``statut`` None: it has no equivalent among ours, that code alone tells it.
    """
    ours = reforme.codes[statut] if statut else ""
    for code in dict.fromkeys(filter(None, (fait.cdv if fait else "", ours))):
        if code not in tables.STATUTS or (not statut and not _is_information(code)):
            continue
        planned = MessagePrevu(code, facture_id)
        if fait is not None:
            defaut = reforme.motifs.get(statut, "") if statut else ""
            exige, legal = tables.STATUTS[code].motif_exige, reforme.legal_motifs(code)
            raisons = explain_words(say_words(fait, statut), legal, defaut, exige)
            planned = planned._replace(pose_le=fait.le, raisons=raisons)
        try:
            _build_facture(planned, facture, findings, at, at, at, reforme)
        except CdvIllegal:
            continue
        return planned
    return None


def explain_no_copy(
    planned: MessagePrevu,
    facture: Facture | FactureDeposee,
    findings: Iterable[Finding],
    at: datetime,
    reforme: Reforme,
) -> str:
    """Why the PPF would refuse the copy of a message, and gets none: number or seller; '' when not."""
    try:
        cdv = _build_facture(planned, facture, findings, at, at, at, reforme)
        building.copy_for_ppf(cdv, reforme.plateforme, reforme.ppf)
    except CdvIllegal as illegal:
        return str(illegal)
    return ""


def _is_information(code: str) -> bool:
    """Whether a fournisseur may be told a statut that changes nothing: not a 213 for a second delivery."""
    row = tables.STATUTS[code]
    return "SE" in row.destinataires and row.ppf == "non"


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
    conn: Connection, emission: Emission, deposant: Deposant, fuseau: ZoneInfo, reforme: Reforme
) -> bytes:
    """The bytes of one booked message. Raises CdvIllegal, LookupError."""
    told, at = messages.get(conn, emission.id), emission.cree_le.astimezone(fuseau)
    if told.facture_id is not None:
        facture = factures.get(conn, told.facture_id)
        wanted = [facture.id] if told.statut == _REJETEE else []  # no other statut speaks of them
        findings = factures.findings_of_factures(conn, wanted).get(facture.id, [])
        first = vies.first_said(conn, facture.id).astimezone(fuseau)
        pose_le = (told.pose_le or at).astimezone(fuseau)
        cdv = _build_facture(told, facture, findings, first, pose_le, at, reforme)
        if emission.appli == reforme.ppf:
            cdv = building.copy_for_ppf(cdv, reforme.plateforme, emission.nom.removesuffix(".xml"))
        return write_cdar(cdv)
    flux = flux_store.get(conn, emission.flux_id)
    received = flux.recu_le.astimezone(fuseau)
    addressed = (_name(deposant, reforme.suffixe),)
    signature = Signature(PLATEFORME, addressed, at, at, reforme.expediteur)
    found = [f for _, fichier, f in factures.findings_of(conn, flux.id) if fichier == told.fichier]
    if told.fichier:
        raisons = explain(found, tables.STATUTS["501"].motifs)
        return write_cdar(building.build_fichier(told.fichier, received, signature, raisons))
    raisons = explain(found, tables.STATUTS_FLUX["501"].motifs) if told.statut == "501" else ()
    return write_cdar(building.build_flux(told.statut, flux.reference, received, signature, raisons))


def _build_facture(
    told: MessagePrevu,
    facture: Facture | FactureDeposee,
    findings: Iterable[Finding],
    recue_le: datetime,
    pose_le: datetime,
    cree_le: datetime,
    reforme: Reforme,
) -> Cdv:
    """The message about one invoice. Raises CdvIllegal."""
    if facture.date is None:
        raise CdvIllegal(())
    raisons: Sequence[Raison] = [Raison(motif, note) for motif, note in told.raisons if motif or note]
    if told.statut == _REJETEE:
        raisons = explain(findings, tables.STATUTS[_REJETEE].motifs, NOUVELLE_FACTURE) or raisons
    siren = facture.fournisseur.identifiant.siren
    visee = FactureVisee(facture.numero, facture.type, facture.date, siren, recue_le)
    signature = _sign(told.statut, facture, pose_le, cree_le, reforme)
    return building.build_facture(told.statut, visee, signature, raisons)


def _sign(
    code: str, facture: Facture | FactureDeposee, pose_le: datetime, cree_le: datetime, reforme: Reforme
) -> Signature:
    """Who says a statut, and to whom: platforms the transmission, the destinataire what it does with it."""
    row = tables.STATUTS[code]
    fournisseur, destinataire = facture.fournisseur, facture.destinataire
    siren, siret = destinataire.identifiant.siren, destinataire.identifiant.valeur
    own = fournisseur.identifiant.siren
    seller = building.make_party("SE", own, fournisseur.nom, f"{own}{reforme.suffixe}")
    if row.phase == tables.TRANSMISSION:
        return Signature(PLATEFORME, (seller,), pose_le, cree_le, reforme.expediteur)
    buyer = building.make_party("BY", siren, destinataire.nom, f"{siren}_{siret}")
    author, addressed = (buyer, seller) if "BY" in row.auteurs else (seller, buyer)
    signer = replace(author, adresse="", adresse_schema="")
    return Signature(signer, (addressed,), pose_le, cree_le, reforme.expediteur)


def _name(deposant: Deposant, suffixe: str) -> PartieCdv:
    """A déposant as the message about its flux names it; a role alone when its SIRET is not known."""
    siren = deposant.siret[:9]
    return building.make_party("SE", siren, deposant.libelle, f"{siren}{suffixe}") if siren else PLATEFORME
