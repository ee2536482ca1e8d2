"""Judging again what was rejected at deposit: under the registry and the mandats of today.

A document is judged by the packs of the day of its deposit, as it was; what the registry says (annuaire,
mandats, doublons) is asked anew. Nothing is changed unless ``valider``: then the invoices that pass take
their statuts, one transaction a flux, under the same reservation of keys as any decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from edi.annuaire.snapshot import take_snapshot
from edi.confiance import Feuilles
from edi.engine import JudgementEngine
from edi.inbound.archive import Membre
from edi.inbound.envelope import Enveloppe, read_name
from edi.inbound.lot import open_lot
from edi.judge import Demande
from edi.lifecycle.advance import LostRace
from edi.lifecycle.claims import KeysReserved, assert_claimed, reserve
from edi.lots import judge_registry
from edi.membres import judge_members
from edi.model import (
    CleFacture,
    Deposant,
    Facture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    FichierJuge,
    Finding,
    Flux,
    Interface,
    Limites,
    LotJuge,
    Original,
    Outcome,
    Politique,
    Snapshot,
    Verdict,
)
from edi.settlement import Settlement
from edi.spool import Spool
from edi.store import factures, journal, jugements, rejets
from edi.store import flux as flux_store
from edi.validators.doublon import unicity_key
from edi.validators.schematron.packs import Packs


class _Unanswered(Exception):
    """An answer that has not left yet tells the very findings that a replay would lift."""


class Rejugee(NamedTuple):
    """A rejected invoice as it stood, and as it stands today; ``raison`` says why it was not judged."""

    facture: FactureDeposee
    avant: tuple[Finding, ...]
    apres: tuple[Finding, ...] = ()
    raison: str = ""

    @property
    def change(self) -> str:
        """ "acceptee", "rejetee" (still), or "non_jugee"."""
        if self.raison:
            return "non_jugee"
        return "acceptee" if Verdict(self.apres).accepted else "rejetee"


@dataclass(frozen=True)
class Rejeu:
    """What judging again needs, handed in as values."""

    base: Engine
    spool: Spool
    engine: JudgementEngine
    settlement: Settlement
    deposants: Mapping[str, Deposant]
    interfaces: Mapping[str, Interface]
    limites: Limites
    politique: Politique
    fuseau: ZoneInfo
    packs: Packs
    feuilles: Feuilles  # how far the compiled form of each official sheet is trusted
    now: Callable[[], datetime]
    par: str = ""  # who asks for it
    raison: str = ""  # why, told in the journal
    passed: dict[CleFacture, Original] = field(default_factory=dict)  # by this very replay

    def replay(self, wanted: Mapping[int, tuple[int, ...]], *, valider: bool = False) -> Iterator[Rejugee]:
        """Judge again the invoices ``wanted`` by flux, the oldest flux first: of two doublons, it passes."""
        for flux_id, ids in wanted.items():
            with self.base.begin() as conn:
                flux = flux_store.get(conn, flux_id)
                kept = self._kept(conn, flux, set(ids))
                findings = factures.findings_of_factures(conn, [facture.id for facture in kept])
            before = [Rejugee(facture, tuple(findings.get(facture.id, ()))) for facture in kept]
            yield from self._replay_flux(flux, before, valider)

    def _kept(self, conn: Connection, flux: Flux, ids: set[int]) -> list[FactureDeposee]:
        """Those asked for; all of a lot whose déposant wants all or nothing, for they pass together."""
        known = factures.of_flux(conn, flux.id)
        return [
            facture
            for facture in known
            if facture.statut is FactureStatut.NON_CONFORME and (facture.id in ids or self._is_whole(flux))
        ]

    def _is_whole(self, flux: Flux) -> bool:
        deposant = self.deposants.get(flux.appli)
        return deposant is not None and deposant.politique == "tout_ou_rien"

    def _replay_flux(self, flux: Flux, before: list[Rejugee], valider: bool) -> list[Rejugee]:
        if not self.spool.has(flux.sha256):
            return [one._replace(raison="les octets du dépôt manquent au stock") for one in before]
        lot = self._judge_documents(flux, {one.facture.fichier for one in before})
        lot = keep_only(lot, {(one.facture.fichier, one.facture.rang) for one in before})
        try:
            with self.base.begin() as conn:
                return self._ask_registry(conn, flux, before, lot, valider)
        except KeysReserved as reserved:
            raison = f"le flux n° {reserved.flux_id}, en cours, porte une facture de même numéro"
        except _Unanswered:
            raison = "la première réponse à son flux n'est pas encore partie"
        except LostRace:
            raison = "un autre rejeu l'a traitée"
        return [one._replace(raison=raison) for one in before]

    def _demande(self, flux: Flux) -> Demande:
        deposant = self.deposants.get(flux.appli)
        enveloppe, _ = read_name(flux.nom, flux.appli, self.interfaces)
        return Demande(
            interface=enveloppe.interface,
            jour=flux.recu_le.astimezone(self.fuseau).date(),
            politique=self.politique,
            limites=self.limites,
            instant=flux.recu_le,
            signature_exigee=deposant is not None and deposant.signature == "exigee",
            packs=self.packs,
        )

    def _judge_documents(self, flux: Flux, wanted: set[str]) -> LotJuge:
        enveloppe, _ = read_name(flux.nom, flux.appli, self.interfaces)
        asked = None if self._is_whole(flux) else wanted
        path, demande = self.spool.blob(flux.sha256), self._demande(flux)
        lot = self.feuilles.judge(
            lambda trust: judge_documents(
                path, enveloppe, replace(demande, confiance=trust), self.engine, asked
            )
        )
        self.feuilles.flush(force=True)
        return lot

    def _ask_registry(
        self, conn: Connection, flux: Flux, before: list[Rejugee], lot: LotJuge, valider: bool
    ) -> list[Rejugee]:
        """The rest of the judgement and, to validate, the decision, in the caller's one transaction."""
        if valider:
            assert_claimed(conn, flux)  # locks its row: of two replays, one comes after the other
        flux = _see_rejected(conn, flux.id, {one.facture.id for one in before})
        at = self.now()
        today = replace(self._demande(flux), jour=at.astimezone(self.fuseau).date())
        if valider:
            keys = {unicity_key(jugee.facture, self.politique) for jugee in lot.factures} - {None}
            reserve(conn, flux.id, {key for key in keys if key is not None})

        repere = jugements.repere_now(conn)

        def world(wanted: Sequence[Facture]) -> Snapshot:
            return see_world(conn, wanted, flux.appli, self.politique, self.passed)

        lot = judge_registry(lot, today, self.deposants.get(flux.appli, Deposant(flux.appli)), world)
        jugees = {(f.nom, jugee.facture.rang): jugee for f in lot.fichiers for jugee in f.factures}
        done = [_judged(one, jugees) for one in before]
        accepted = [one.facture for one in done if one.change == "acceptee"]
        ids = [facture.id for facture in accepted]
        if valider and ids and not rejets.is_answered(conn, flux.id, ids):
            raise _Unanswered
        for facture in accepted:
            key = unicity_key(jugees[facture.fichier, facture.rang].facture, self.politique)
            if key is not None:
                self.passed[key] = Original(flux.reference, flux.recu_le)
        if valider:
            passed = [(jugees[facture.fichier, facture.rang], facture) for facture in accepted]
            self.settlement.settle_replay(conn, flux, passed, at, repere)
            if passed:
                detail = {"acceptees": len(passed)} | ({"raison": self.raison} if self.raison else {})
                journal.note_act(conn, "rejeu", flux.nom, at, par=self.par, detail=detail, flux_id=flux.id)
        return done


def judge_documents(
    path: Path,
    enveloppe: Enveloppe,
    demande: Demande,
    engine: JudgementEngine,
    wanted: Collection[str] | None = None,
) -> LotJuge:
    """The documents of some files of a lot, of all for None; the registry is not asked yet."""
    members = open_lot(path, enveloppe.extension, enveloppe.nom, demande.limites, demande.interface)
    asked = (m for m in members if isinstance(m, Membre) and (wanted is None or m.nom in wanted))
    judged = judge_members(asked, demande, engine)
    return LotJuge(fichiers=tuple(one for one in judged if isinstance(one, FichierJuge)))


def _see_rejected(conn: Connection, flux_id: int, ids: set[int]) -> Flux:
    """The flux as it is now. Raises LostRace when some of these invoices are no longer rejected."""
    known = factures.of_flux(conn, flux_id)
    if not ids <= {facture.id for facture in known if facture.statut is FactureStatut.NON_CONFORME}:
        raise LostRace(f"flux {flux_id}: some invoices are no longer rejected")
    return flux_store.get(conn, flux_id)


def see_world(
    conn: Connection,
    wanted: Sequence[Facture],
    appli: str,
    politique: Politique,
    passed: Mapping[CleFacture, Original],
) -> Snapshot:
    """The world of today, where whatever was accepted since is an original; ``passed``: by this replay."""
    keys = {key for facture in wanted if (key := unicity_key(facture, politique)) is not None}
    seen = {key: passed[key] for key in keys if key in passed}
    return take_snapshot(conn, wanted, appli, {**seen, **factures.originals(conn, keys)})


def keep_only(lot: LotJuge, wanted: set[tuple[str, int]]) -> LotJuge:
    """The lot without the invoices that were accepted at the time, and the files that held no others."""

    def keep(fichier: FichierJuge) -> FichierJuge:
        kept = tuple(jugee for jugee in fichier.factures if (fichier.nom, jugee.facture.rang) in wanted)
        return replace(fichier, factures=kept)

    kept = ((fichier, keep(fichier)) for fichier in lot.fichiers)
    return replace(lot, fichiers=tuple(new for old, new in kept if new.factures or not old.factures))


def _judged(one: Rejugee, jugees: Mapping[tuple[str, int], FactureJugee]) -> Rejugee:
    jugee = jugees.get((one.facture.fichier, one.facture.rang))
    if jugee is None:
        return one._replace(raison="son fichier n'a pas pu être contrôlé de nouveau")
    if jugee.verdict.outcome is Outcome.UNDECIDED:
        return one._replace(raison="le registre ou le contrôle ne peut pas répondre")
    return one._replace(apres=jugee.findings)
