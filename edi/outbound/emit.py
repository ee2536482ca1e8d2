"""The bytes of return flows: built from what is recorded, and checked before they leave.

Emission is at-least-once. The bytes depend on recorded values alone, and the name was booked with the
decision, so that emitting again puts the same bytes under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from lxml import etree
from sqlalchemy import Connection, Engine

from edi import xml
from edi.cdv.correspondance import REFORME, Reforme
from edi.model import (
    SIREN,
    SIRET,
    Deposant,
    Emission,
    FactureDeposee,
    FactureStatut,
    Fait,
    Finding,
    Flux,
    Identifiant,
    Partie,
)
from edi.model.statuts import REJEU
from edi.outbound import cdv, names, phrases
from edi.outbound.cpp_statut import (
    Enveloppe,
    LigneErreur,
    Partenaire,
    StatutFacture,
    StatutFlux,
    write_facture_statuts,
    write_flux_statut,
)
from edi.outbound.suites import say, suite_facture
from edi.resources import locate
from edi.store import emissions, factures, rejets, vies
from edi.store import flux as flux_store

log = structlog.get_logger()

LONGEST_SERVICE = 100  # characters of CodeService in CPPStatut


class ReturnFlowInvalid(Exception):
    """We wrote a return flow that our own schema refuses: a fault of ours; it must not leave."""


Controle = Callable[
    [Sequence[bytes]], Sequence[str]
]  # why messages of the reform must not leave; '': they may


class Emitter(NamedTuple):
    """Who we are, as the configuration says."""

    code_appli: str
    libelle: str
    fuseau: ZoneInfo
    statut_rejet: str  # IdStatut of an invoice rejected at deposit
    groupement: str = "immediat"  # of the cycles de vie; or "nuit"
    reforme: Reforme = REFORME
    controle: Controle | None = None


Make = Callable[[Emission], tuple[bytes, str] | None]


def make_all(
    base: Engine, wanted: Sequence[Emission], emitter: Emitter, deposants: Mapping[str, Deposant]
) -> list[tuple[bytes, str] | None]:
    """The bytes of booked return flows and their sha256; None, and an event, where one must not leave.

    They are built in one transaction and controlled outside of it, for a control may take its time.
    """
    built: list[bytes | None] = []
    with base.begin() as conn:
        for emission in wanted:
            try:
                built.append(build(conn, emission, emitter, deposants))
            except (LookupError, ValueError):  # a fault of ours in one must not stop the others
                log.exception("return_flow_invalid", emission=emission.nom, flux=emission.flux_id)
                built.append(None)
    done = _control([(e, data) for e, data in zip(wanted, built, strict=True) if data is not None], emitter)
    return [
        None if data is None or emission.id not in done else (data, hashlib.sha256(data).hexdigest())
        for emission, data in zip(wanted, built, strict=True)
    ]


def _control(built: Sequence[tuple[Emission, bytes]], emitter: Emitter) -> set[int]:
    """Those that may leave, by id."""
    faults: dict[int, str] = {}
    messages = [(e, data) for e, data in built if names.is_cdar(e.interface)]
    if emitter.controle is not None and messages:
        told = emitter.controle([data for _, data in messages])
        faults |= {e.id: why for (e, _), why in zip(messages, told, strict=True) if why}
    for emission, data in built:
        if not names.is_cdar(emission.interface):
            try:
                check(data)
            except ReturnFlowInvalid as error:
                faults[emission.id] = str(error)
        if emission.id in faults:
            log.error(
                "return_flow_invalid", emission=emission.nom, flux=emission.flux_id, why=faults[emission.id]
            )
    return {emission.id for emission, _ in built} - faults.keys()


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(locate("schemas", "cpp", name)))


def check(data: bytes, schema: str = "CPPStatut.xsd") -> None:
    """Raises ReturnFlowInvalid with the schema's reasons."""
    try:
        _schema(schema).assertValid(xml.parse(data))
    except etree.DocumentInvalid as error:
        raise ReturnFlowInvalid(str(error)) from error


def build(conn: Connection, emission: Emission, emitter: Emitter, deposants: Mapping[str, Deposant]) -> bytes:
    """The bytes of one booked return flow."""
    deposant = deposants.get(emission.appli, Deposant(emission.appli))
    if names.is_cdar(emission.interface):
        return cdv.build_message(conn, emission, deposant, emitter.fuseau, emitter.reforme)
    enveloppe = Enveloppe(
        produit_le=(emission.pas_avant or emission.cree_le).astimezone(emitter.fuseau).date(),
        id_flux=names.flux_id(emitter.code_appli, emission.interface, emission.appli, emission.numero),
        recepteur=Partenaire(deposant.code, deposant.libelle),
        emetteur=Partenaire(emitter.code_appli, emitter.libelle),
    )
    if emission.interface == names.CYCLE_DE_VIE:
        return write_facture_statuts(enveloppe, _facture_statuts(conn, emission, emitter))
    return write_flux_statut(enveloppe, _flux_statut(conn, emission, emitter))


def _flux_statut(conn: Connection, emission: Emission, emitter: Emitter) -> StatutFlux:
    """What an integration report says: of its own flux, or of the first delivery when it is a reminder."""
    flux = flux_store.get(conn, emission.flux_id)
    first = flux if flux.rappel_de is None else flux_store.get(conn, flux.rappel_de)
    report = _report_of(conn, first)
    told = emissions.flux_statut_told_by(conn, report.id)
    if told is None:
        raise LookupError(f"return flow {report.nom} tells no statut")
    statut, at = told
    told_of = factures.findings_of(conn, first.id)
    found = [finding for _, _, finding in told_of]
    complement, commentaire = statut.libelle, phrases.comment_flux(first, found)
    replayed = rejets.last_replay(conn, first.id) if flux.rappel_de is not None else None
    if replayed is not None:
        statut, at = first.statut, replayed
        complement = statut.libelle
    if flux.rappel_de is not None:
        complement = f"Rappel : {complement}"
        recu_le = first.recu_le.astimezone(emitter.fuseau)
        commentaire = phrases.comment_reminder(first, found, report.nom, recu_le)
        if replayed is not None:
            commentaire = phrases.comment_replayed(first, report.nom, replayed.astimezone(emitter.fuseau))
    return StatutFlux(
        id_statut=statut.id_statut,
        complement=complement,
        commentaire=commentaire,
        horodatage=at.astimezone(emitter.fuseau),
        id_flux=flux.reference,
        lignes=[
            LigneErreur(
                phrases.NATURES[finding.severity],
                finding.code,
                finding.message,
                phrases.describe_finding(fichier, facture.numero if facture else None, finding),
            )
            for facture, fichier, finding in _told_once(told_of)
        ],
    )


Told = tuple[FactureDeposee | None, str, Finding]


def _told_once(found: list[Told]) -> list[Told]:
    """Leave out what each invoice of a file repeats because it was said of the file itself."""
    of_files = {(fichier, finding) for facture, fichier, finding in found if facture is None}
    return [told for told in found if told[0] is None or told[1:] not in of_files]


def _report_of(conn: Connection, flux: Flux) -> Emission:
    """The integration report of a decided flux."""
    return next(e for e in emissions.of_flux(conn, flux.id) if e.interface.startswith("CSO"))


def _comment(
    facture: FactureDeposee,
    statut: FactureStatut,
    fait: Fait,
    rejets_dits: Mapping[int, str],
    leves: Mapping[int, list[tuple[str, datetime]]],
) -> str:
    """The words that come with a statut: why it was rejected, why it is accepted after all, or the motif."""
    if statut is FactureStatut.NON_CONFORME:
        return rejets_dits[facture.id]
    why = fait.motif
    if why == REJEU:
        why = phrases.comment_replay([code for code, le in leves.get(facture.id, ()) if le == fait.le])
    suite = say(suite_facture(statut, motif=fait.motif))
    return f"{why} {suite}" if why else suite


def _facture_statuts(conn: Connection, emission: Emission, emitter: Emitter) -> list[StatutFacture]:
    told = vies.statuts_told_by(conn, emission.id)
    rejected = [facture for facture, statut, _ in told if statut is FactureStatut.NON_CONFORME]
    findings = factures.findings_of_factures(conn, [facture.id for facture in rejected])
    lifted = rejets.lifted(conn, [facture.id for facture, _, _ in told])
    flux_list = {flux_id: flux_store.get(conn, flux_id) for flux_id in {f.flux_id for f in rejected}}
    rejets_dits = {
        f.id: phrases.comment_facture(
            FactureStatut.NON_CONFORME, findings.get(f.id, []), flux_list[f.flux_id].reference
        )
        for f in rejected
    }
    return [
        StatutFacture(
            fournisseur=as_chorus(facture.fournisseur),
            debiteur=facture.destinataire,
            # A code the schema cannot hold is told by the integration report; it must not hold back the rest.
            service=facture.service if len(facture.service) <= LONGEST_SERVICE else "",
            id_statut=emitter.statut_rejet if statut is FactureStatut.NON_CONFORME else statut.id_statut,
            complement=fait.complement or statut.court,
            commentaire=_comment(facture, statut, fait, rejets_dits, lifted),
            horodatage=fait.le.astimezone(emitter.fuseau),
            numero=facture.numero,
            date=facture.date,
            producteur=fait.producteur,
            mandat=fait.mandat,
        )
        for facture, statut, fait in told
    ]


def as_chorus(fournisseur: Partie) -> Partie:
    """A seller as CPPStatut can name it: types 1..7 and a country.

    A SIREN that names no single SIRET goes as type 6 (autre). Where the country is not a code of two
    letters, a French number is French and a VAT number begins with its country.
    """
    identifiant, pays = fournisseur.identifiant, fournisseur.pays
    if len(pays) != 2:
        pays = "FR" if identifiant.siren else identifiant.valeur[:2] if identifiant.type == "2" else ""
    if identifiant.type == SIREN:
        identifiant = Identifiant("6", identifiant.valeur)
    return Partie(identifiant, fournisseur.nom, pays)


def can_be_told(fournisseur: Partie, destinataire: Partie, numero: str) -> bool:
    """False for an invoice that a cycle de vie flow cannot name; its integration report still tells it."""
    seller = as_chorus(fournisseur)
    return (
        bool(numero)
        and seller.identifiant.type in {*"1234567"}
        and bool(seller.identifiant.valeur)
        and len(seller.pays) == 2
        and destinataire.identifiant.type == SIRET
        and len(destinataire.identifiant.valeur) == 14
    )
