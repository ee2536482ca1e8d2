"""One lot's judgement: its envelope, its files, then the registry. The pipeline and ``edi check`` share it.

It reads the one file it is given and changes nothing. Faults of our own come out as exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from edi.abrege import HEAVY, Partage, read_whole
from edi.engine import InProcess, JudgementEngine
from edi.examen import Scanner, examine_flux, examine_members, recall_members
from edi.inbound import cards, envelope
from edi.inbound.archive import Membre
from edi.inbound.envelope import Enveloppe
from edi.inbound.lot import open_lot
from edi.inbound.membre import forms_of
from edi.judge import Demande
from edi.membres import judge_members
from edi.model import (
    SIREN,
    CleFacture,
    Deposant,
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    Interface,
    LotJuge,
    Partie,
    Severity,
    Snapshot,
)
from edi.validators.catalogue import DOUBLON_RULES, REGISTRY_RULES
from edi.validators.doublon import unicity_key
from edi.validators.lot import apply_policy
from edi.validators.reprise import reprise_of
from edi.validators.rules import Context, run
from edi.validators.scenarios import SCENARIOS
from edi.validators.schematron.confiance import OFFICIELLE

World = Callable[[Sequence[Facture]], Snapshot | None]
Reread = Callable[[Collection[str]], Iterable[tuple[str, Facture]]]  # the invoices of some files, whole

_REGISTRY = (*REGISTRY_RULES, *DOUBLON_RULES)

Listen = Callable[[int], None]  # told how many invoices have been judged so far


@dataclass(frozen=True, slots=True)
class Received:
    """What is asked to be judged: bytes on disk, the name they came with, and who brought them."""

    path: Path
    enveloppe: Enveloppe
    deposant: Deposant | None  # None: nobody in particular (``edi check`` without ``--as``)
    findings: tuple[Finding, ...] = ()  # already found in the envelope


def read_envelope(nom: str, deposant: Deposant, interfaces: Mapping[str, Interface]) -> Received:
    """All that the name of a flux says and all that is wrong with it; ``path`` is still to be filled in."""
    enveloppe, findings = envelope.read_name(nom, deposant.code, interfaces)
    if not deposant.raccordement_actif or not deposant.emetteur_edi:
        why = cards.NON_EMETTEUR if deposant.raccordement_actif else cards.RACCORDEMENT_INACTIF
        findings += (cards.RACCORDEMENT_REFUSE.at(value=deposant.code, raison=why),)
    return Received(Path(), enveloppe, deposant, findings)


def judge_lot(
    received: Received,
    demande: Demande,
    engine: JudgementEngine,
    world: World,
    listen: Listen = lambda done: None,
    scanner: Scanner | None = None,
    infected: Mapping[str, Finding] = MappingProxyType({}),
) -> LotJuge:
    """Everything that can be found in one flux, in the order of its files.

    ``scanner`` asks the antivirus; None where there is none. What it cannot say holds the whole flux.
    ``infected``: what it has said already, by file; it is not asked again.
    A file that the engine cannot judge is tried once more, alone, when the others are done; then it waits.
    Raises EngineAway when nobody can be asked at all: no file is at fault, and the whole flux waits.
    """
    if any(finding.severity == Severity.FATAL for finding in received.findings):
        return LotJuge(received.findings)
    if received.deposant is not None and received.deposant.signature == "exigee":
        demande = replace(demande, signature_exigee=True)
    lot = _judge_files(received, demande, engine, listen, scanner, infected)
    if lot.findings != received.findings:  # refused, or held, as a whole
        return lot
    return judge_registry(lot, demande, received.deposant, world, partial(_reread, received, demande, engine))


def _judge_files(
    received: Received,
    demande: Demande,
    engine: JudgementEngine,
    listen: Listen,
    scanner: Scanner | None,
    infected: Mapping[str, Finding],
) -> LotJuge:
    """What is found in each file alone; no file at all when the whole flux is refused, or held."""
    whole = _examine_archive(received, demande, scanner)
    if whole and whole[0].severity == Severity.HOLD:
        return LotJuge((*received.findings, *whole))
    fichiers: list[FichierJuge] = []
    failed: list[int] = []  # places in ``fichiers``
    done = 0
    members = _open(received, demande)
    if infected:
        members = recall_members(members, infected)
    if scanner is not None:
        members = examine_members(members, scanner, demande.limites)
    partage = Partage()
    for item in judge_members(members, demande, engine, brief=True):
        if isinstance(item, Finding):  # of the whole flux, whatever its first files were like
            carried = whole if item.severity == Severity.FATAL else ()
            return LotJuge((*received.findings, *carried, item))
        if item.en_attente:
            failed.append(len(fichiers))
        fichiers.append(partage.share(item))
        done += max(1, len(item.factures))
        listen(done)
    if whole and not any(f.code == whole[0].code for fichier in fichiers for f in fichier.findings):
        return LotJuge((*received.findings, *whole))  # in none of its files: the flux itself is infected
    for place in failed:
        fichiers[place] = partage.share(_judge_again(received, fichiers[place], demande, engine))
    done = sum(max(1, len(fichier.factures)) for fichier in fichiers)
    if done > demande.limites.factures:
        many = cards.TROP_DE_FACTURES.at(value=str(done), expected=str(demande.limites.factures))
        return LotJuge((*received.findings, many))
    return LotJuge(received.findings, tuple(fichiers))


def _examine_archive(received: Received, demande: Demande, scanner: Scanner | None) -> tuple[Finding, ...]:
    """What the antivirus has against a flux of several files; of a single one, it is asked as of a file."""
    if scanner is None or received.enveloppe.extension in forms_of(""):
        return ()
    if received.path.stat().st_size > demande.limites.flux:
        return ()  # it will be refused for that
    found = examine_flux(received.path, received.enveloppe.nom, scanner)
    return () if found is None else (found,)


def _open(received: Received, demande: Demande) -> Iterator[Membre | Finding]:
    enveloppe = received.enveloppe
    return open_lot(received.path, enveloppe.extension, enveloppe.nom, demande.limites, demande.interface)


def _judge_again(
    received: Received, fichier: FichierJuge, demande: Demande, engine: JudgementEngine
) -> FichierJuge:
    """One more try of a file that the engine failed on, with nothing else running, and by official sheets.

    What ended a worker may be a compiled one.
    """
    asked = replace(demande, confiance=OFFICIELLE)
    wanted = (m for m in _open(received, asked) if isinstance(m, Membre) and m.nom == fichier.nom)
    judged = judge_members(wanted, asked, engine, brief=True)
    return next((one for one in judged if isinstance(one, FichierJuge)), fichier)


def _reread(
    received: Received, demande: Demande, engine: JudgementEngine, noms: Collection[str]
) -> Iterator[tuple[str, Facture]]:
    for member in _open(received, demande):
        if isinstance(member, Membre) and member.nom in noms:
            weight = len(member.data)
            where = InProcess() if weight < HEAVY else engine
            for facture in where.submit(read_whole, member.data, demande, weight=weight).result():
                yield member.nom, facture


def judge_registry(
    lot: LotJuge,
    demande: Demande,
    deposant: Deposant | None,
    world: World,
    reread: Reread = lambda noms: (),
) -> LotJuge:
    """Add what the registry says of each invoice, and what the invoices of a lot say of each other.

    ``reread``: where the lot has its invoices in short, those that take up accepted ones are read again.
    """
    snapshot = world([jugee.facture for jugee in lot.factures])
    whole = _read_reprises(lot, demande, snapshot, reread)
    anterieures: dict[CleFacture, str] = {}
    fichiers = []
    for fichier in lot.fichiers:
        factures = []
        for jugee in fichier.factures:
            context = Context(
                facture=whole.get((fichier.nom, jugee.facture.rang), jugee.facture),
                famille=_famille(fichier),
                politique=demande.politique,
                limites=demande.limites,
                jour=demande.jour,
                deposant=deposant,
                snapshot=snapshot,
                anterieures=anterieures,
            )
            judged = jugee.with_findings(_worth_telling(jugee, run(_REGISTRY, context)))
            key = unicity_key(jugee.facture, demande.politique)
            if key is not None and snapshot is not None and key not in anterieures:
                judged = replace(judged, reprise=reprise_of(snapshot.originaux.get(key)))
            if key is not None and judged.verdict.accepted:
                anterieures.setdefault(key, fichier.nom)
            factures.append(judged if snapshot is None else _resolve(judged, snapshot))
        fichiers.append(replace(fichier, factures=tuple(factures)))
    repere = None if snapshot is None else snapshot.repere
    return apply_policy(replace(lot, fichiers=tuple(fichiers), repere=repere), deposant)


def _read_reprises(
    lot: LotJuge, demande: Demande, snapshot: Snapshot | None, reread: Reread
) -> dict[tuple[str, int], Facture]:
    """The invoices that are compared with accepted ones, whole: by file and position in it."""
    originaux = {} if snapshot is None else snapshot.originaux
    if not any(original.nature for original in originaux.values()):
        return {}

    def takes_up(jugee: FactureJugee) -> bool:
        key = unicity_key(jugee.facture, demande.politique)
        return key is not None and reprise_of(originaux.get(key)) is not None

    noms = {fichier.nom for fichier in lot.fichiers if any(map(takes_up, fichier.factures))}
    return {(nom, facture.rang): facture for nom, facture in reread(noms)}


def _worth_telling(jugee: FactureJugee, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """An invoice that is irrecevable already is not held for what we cannot say of it."""
    if all(finding.severity < Severity.FATAL for finding in jugee.findings):
        return found
    return tuple(finding for finding in found if finding.severity != Severity.HOLD)


def _famille(fichier: FichierJuge) -> str:
    return next((s.famille for s in SCENARIOS if s.id == fichier.scenario), "chorus")


def _resolve(jugee: FactureJugee, snapshot: Snapshot) -> FactureJugee:
    """Name a party by its SIRET when its SIREN means one structure only, so that the answer can name it."""

    def settle(partie: Partie) -> Partie:
        found = snapshot.structures_of(partie.identifiant) if partie.identifiant.type == SIREN else ()
        return partie._replace(identifiant=found[0].identifiant) if len(found) == 1 else partie

    facture = jugee.facture
    fournisseur, destinataire = settle(facture.fournisseur), settle(facture.destinataire)
    if fournisseur is facture.fournisseur and destinataire is facture.destinataire:
        return jugee
    return replace(jugee, facture=replace(facture, fournisseur=fournisseur, destinataire=destinataire))
