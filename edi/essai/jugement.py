"""The judgement that a deposit would get, without depositing: nothing is recorded, no key is reserved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from edi.annuaire.snapshot import take_snapshot
from edi.engine import InProcess, JudgementEngine
from edi.examen import Scanner
from edi.inbound import cards
from edi.inbound.display import escape_name
from edi.inbound.envelope import EXTENSIONS, FORME, Enveloppe, bears_flux_name, read_name
from edi.inbound.nature import HEAD, recognise
from edi.judge import Demande
from edi.lifecycle.statuts import FLUX_ACCEPTED
from edi.lots import Received, World, judge_lot, read_envelope
from edi.model import Deposant, Facture, Finding, Limites, LotJuge, Politique, Snapshot
from edi.model.confiance import Execution
from edi.relecture import Relecture
from edi.store import flux as flux_store
from edi.validators.doublon import unicity_key
from edi.validators.scenarios import INTERFACES
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.packs import Packs

Jugement = tuple[LotJuge, BaseException | None]  # an exception says why there is no judgement


@dataclass(frozen=True)
class Tribunal:
    """Who judges what lies in ``test/``: the rules, the registry and the engine of production."""

    base: Engine
    engine: JudgementEngine
    politique: Politique
    limites: Limites
    packs: Callable[[], Packs]
    scanner: Scanner | None
    now: Callable[[], datetime]
    fuseau: ZoneInfo
    relecture: Relecture
    confiance: Callable[[], Confiance]
    note: Callable[[Iterable[Execution]], None]  # told how official sheets were run

    def judge(self, path: Path, nom: str, deposant: Deposant) -> Jugement:
        """What a deposit of that file under that name would be told at this instant."""
        at = self.now()
        demande = Demande(
            "",
            at.astimezone(self.fuseau).date(),
            self.politique,
            self.limites,
            at,
            packs=self.packs(),
            confiance=self.confiance(),
        )
        world = world_of(self.base, deposant.code, self.politique, self.relecture)
        earlier = (self.base, self.fuseau)
        lot, error = judge_aside(path, nom, deposant, demande, self.engine, world, self.scanner, earlier)
        self.note(lot.executions)
        return lot, error


def world_of(base: Engine, appli: str, politique: Politique, relecture: Relecture) -> World:
    """The registry and the accepted invoices as they are, for one déposant."""

    def world(wanted: Sequence[Facture]) -> Snapshot:
        with base.begin() as conn:
            keys = {key for f in wanted if (key := unicity_key(f, politique)) is not None}
            return take_snapshot(conn, wanted, appli, relecture.see_originals(conn, keys))

    return world


def judge_aside(
    path: Path,
    nom: str,
    deposant: Deposant | None,
    demande: Demande,
    engine: JudgementEngine,
    world: World,
    scanner: Scanner | None = None,
    earlier: tuple[Engine, ZoneInfo] | None = None,
) -> Jugement:
    """The judgement of one file, or why we could not judge it.

    ``earlier``: the database whose accepted flux ids count, and the zone in which their hours are told.
    """

    def work() -> LotJuge:
        received = receive(path, nom, deposant)
        if earlier is not None:
            received = replace(received, findings=(*received.findings, *_id_taken(*earlier, received)))
        asked = replace(demande, interface=received.enveloppe.interface)
        return judge_lot(received, asked, engine, world, scanner=scanner)

    future = InProcess().submit(work)
    error = future.exception()
    return (future.result(), None) if error is None else (LotJuge(), error)


def _id_taken(base: Engine, zone: ZoneInfo, received: Received) -> tuple[Finding, ...]:
    """What a deposit would be told if its flux id already belongs to other bytes that were accepted."""
    idflux = received.enveloppe.idflux
    if not idflux or received.deposant is None:
        return ()
    with base.begin() as conn, received.path.open("rb") as source:
        accepted = sorted(FLUX_ACCEPTED, key=lambda statut: statut.name)
        _, found = flux_store.search(conn, appli=received.deposant.code, statuts=accepted, text=idflux)
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    return tuple(
        cards.IDFLUX_DEJA_UTILISE.at(
            value=idflux, original=flux.nom, le=f"{flux.recu_le.astimezone(zone):%d/%m/%Y à %H:%M}"
        )
        for flux in found[:1]
        if flux.sha256 != sha256
    )


def receive(path: Path, nom: str, deposant: Deposant | None) -> Received:
    """By its name when it bears a flux name; otherwise recognised from its content, which is said."""
    if not bears_flux_name(nom):
        return _recognise(path, nom, deposant)
    if deposant is not None:
        received = read_envelope(nom, deposant, INTERFACES)
    else:
        enveloppe, _ = read_name(nom, "", INTERFACES)
        received = read_envelope(nom, Deposant(enveloppe.appli), INTERFACES)
    return Received(path, received.enveloppe, deposant, received.findings)


def _recognise(path: Path, nom: str, deposant: Deposant | None) -> Received:
    """Opened as its name's extension wants, or failing that as its first bytes want."""
    with path.open("rb") as source:
        head = source.read(HEAD)
    nature = recognise(head)
    by_nature = {"un zip": "zip", "un gzip": "tar.gz", "un PDF": "pdf"}.get(
        nature.libelle, "xml" if nature.xml else ""
    )
    by_name = next((e for e in EXTENSIONS if nom.lower().endswith(f".{e}")), "")
    shown = escape_name(nom)
    findings: tuple[Finding, ...] = ()
    if by_nature:
        findings = (cards.SANS_NOM_DE_FLUX.at(value=shown, expected=FORME),)
    elif head and not by_name:
        suffix = escape_name(Path(nom).suffix) or "(aucune)"
        findings = (cards.EXTENSION_REFUSEE.at(value=suffix, expected=".xml, .pdf, .tar.gz ou .zip"),)
    return Received(path, Enveloppe(shown, "", "", "", by_name or by_nature), deposant, findings)
