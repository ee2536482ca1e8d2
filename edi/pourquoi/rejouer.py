"""A verdict once more: with what was valid when it was given, and with what is valid now. Only reads.

Judging is :func:`edi.lots.judge_lot`, as at the deposit: here is only what it is handed. The antivirus is not
asked again, for it has learnt since: what it said then is recalled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from edi.antivirus import ANTIVIRUS_INFECTE
from edi.engine import JudgementEngine
from edi.inbound import cards
from edi.inbound.envelope import read_name
from edi.inbound.quarantaine import explain
from edi.judge import Demande
from edi.lots import judge_lot, judge_registry, read_envelope
from edi.model import (
    Facture,
    FactureJugee,
    Finding,
    Flux,
    Jugement,
    LotJuge,
    PackApplique,
    Reglage,
    Repere,
    Snapshot,
)
from edi.pourquoi.dossier import Decidee, Dossier, Rang, group_by_pass, read_dossier
from edi.pourquoi.jeux import packs_of_then
from edi.pourquoi.monde import accepted_under_its_id, see_world, see_world_of_replay
from edi.rejeu.jugement import judge_documents, keep_only
from edi.relecture import Relecture
from edi.spool import Spool
from edi.store import annuaire, jugements, receptions
from edi.store.database import reading
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.packs import Packs

_SANS_REGLAGE = "la configuration n'était pas encore gardée : celle d'aujourd'hui la remplace"
_SANS_JEU = "le rejeu du {le} n'est pas rejoué : il y faut le jeu {jeu.id} version {jeu.version}"
_SANS_ANNUAIRE = (
    "l'annuaire de cet instant n'est pas connu : l'import du {le} l'a remplacé sans le garder, et répond à "
    "sa place"
)


@dataclass(frozen=True, slots=True)
class Vue:
    """One judgement of a flux: what it was made under, what it saw, what it found."""

    reglage: Reglage
    jour: date
    lot: LotJuge
    snapshot: Snapshot | None  # None: the registry was not asked
    services_du: datetime | None  # last import of services by then
    le: datetime

    def find(self, place: Rang) -> tuple[FactureJugee, str] | None:
        """An invoice as it was judged, with the scenario of its file; None when it was not read."""
        for fichier in self.lot.fichiers:
            for jugee in fichier.factures:
                if (fichier.nom, jugee.facture.rang) == place:
                    return jugee, fichier.scenario
        return None


@dataclass(frozen=True, slots=True)
class Passee:
    """What one pass decided, and that pass replayed; ``vue`` is None when it cannot be."""

    jugement: Jugement | None
    le: datetime
    decidees: tuple[Decidee, ...]
    vue: Vue | None
    manquants: tuple[PackApplique, ...] = ()  # packs of then that are not here any more
    reserves: tuple[str, ...] = ()  # what of that instant is not known, in French
    rejeux: tuple[Vue, ...] = ()  # replays that accepted some of it after all, each replayed


@dataclass(frozen=True, slots=True)
class Reponse:
    """A flux, each pass that decided some of it, and the whole of it judged today."""

    dossier: Dossier
    passees: tuple[Passee, ...]
    aujourd_hui: Vue | None
    le: datetime  # now
    raison: str = ""  # why nothing is replayed, in French


@dataclass(frozen=True)
class Pourquoi:
    """What replaying needs, handed in as values: today's, for they are asked too."""

    base: Engine
    spool: Spool
    engine: JudgementEngine
    reglages: Callable[[str], Reglage]  # of today, by déposant
    fuseau: ZoneInfo
    packs: Packs
    now: Callable[[], datetime]
    relecture: Relecture
    confiance: Confiance  # how far the compiled form of each official sheet is trusted today
    listen: Callable[[int], None] = field(default=lambda done: None)

    def answer(self, flux: Flux) -> Reponse:
        """Why a flux was decided so. Raises PackUnavailable, SchemaUnavailable when nothing can be judged."""
        with reading(self.base) as conn:
            dossier = read_dossier(conn, flux)
        at = self.now()
        if not flux.sha256:
            return Reponse(dossier, (), None, at, "ce dépôt n'était pas un fichier : rien n'en a été gardé")
        if not self.spool.has(flux.sha256):
            return Reponse(dossier, (), None, at, "les octets du dépôt manquent au stock")
        passees = tuple(
            self._replay(dossier, jugement, decidees) for jugement, decidees in group_by_pass(dossier)
        )
        reglage, jour = self.reglages(flux.appli), at.astimezone(self.fuseau).date()
        today = self._judge(dossier, reglage, jour, at, self.packs, None, at)
        return Reponse(dossier, passees, today, at)

    def _replay(self, dossier: Dossier, jugement: Jugement | None, decidees: Sequence[Decidee]) -> Passee:
        flux = dossier.flux
        le = jugement.le if jugement else min((one.le for one in decidees), default=dossier.le)
        known = jugement.reglage if jugement else None
        with reading(self.base) as conn:
            au = jugement.repere if jugement else jugements.repere_at(conn, le)
            forgotten = annuaire.forgotten_after(conn, au.annuaire)
        reserves = [] if known else [_SANS_REGLAGE]
        if forgotten is not None:
            reserves.append(_SANS_ANNUAIRE.format(le=self._local(forgotten.le)))
        jour = jugement.jour if jugement else flux.recu_le.astimezone(self.fuseau).date()
        packs, missing = packs_of_then(decidees, jour, self.packs)
        if missing:
            return Passee(jugement, le, tuple(decidees), None, missing, tuple(reserves))
        vue = self._judge(dossier, known or self.reglages(flux.appli), jour, flux.recu_le, packs, au, le)
        later = []
        for rejeu in {one.rejeu.id: one.rejeu for one in decidees if one.rejeu}.values():
            passed = [one for one in decidees if one.rejeu and one.rejeu.id == rejeu.id]
            judged = [replace(one, packs=one.packs_du_rejeu) for one in passed]
            packs, missing = packs_of_then(judged, jour, self.packs)
            reserves += [_SANS_JEU.format(le=self._local(rejeu.le), jeu=one) for one in missing]
            later += (
                [] if missing else [self._replay_again(flux, rejeu, {one.place for one in passed}, packs)]
            )
        return Passee(jugement, le, tuple(decidees), vue, (), tuple(reserves), tuple(later))

    def _replay_again(self, flux: Flux, jugement: Jugement, places: set[Rang], packs: Packs) -> Vue:
        """What a replay (``edi rejoue``) accepted: documents as on their day, the registry as on its own."""
        reglage = jugement.reglage or self.reglages(flux.appli)
        enveloppe, _ = read_name(flux.nom, flux.appli, reglage.interfaces)
        demande = Demande(
            enveloppe.interface,
            flux.recu_le.astimezone(self.fuseau).date(),
            reglage.politique,
            reglage.limites,
            flux.recu_le,
            signature_exigee=reglage.deposant.signature == "exigee",
            packs=packs,
            confiance=self.confiance,
        )
        path, fichiers = self.spool.blob(flux.sha256), {fichier for fichier, _ in places}
        lot = keep_only(judge_documents(path, enveloppe, demande, self.engine, fichiers), places)
        seen: list[Snapshot] = []

        def world(wanted: Sequence[Facture]) -> Snapshot:
            with reading(self.base) as conn:
                politique, au = reglage.politique, jugement.repere
                seen.append(see_world_of_replay(conn, wanted, flux.appli, politique, au))
            return seen[-1]

        lot = judge_registry(lot, replace(demande, jour=jugement.jour), reglage.deposant, world)
        return Vue(reglage, jugement.jour, lot, seen[-1], self._services_du(jugement.repere), jugement.le)

    def _judge(
        self,
        dossier: Dossier,
        reglage: Reglage,
        jour: date,
        instant: datetime,
        packs: Packs,
        au: Repere | None,
        le: datetime,
    ) -> Vue:
        """One judgement of the whole flux, as a deposit gets it; ``le``: when it is made, or was."""
        flux, seen = dossier.flux, list[Snapshot]()

        def world(wanted: Sequence[Facture]) -> Snapshot:
            with reading(self.base) as conn:
                seen.append(see_world(conn, wanted, flux, reglage.politique, self.relecture, au))
            return seen[-1]

        received = read_envelope(flux.nom, reglage.deposant, reglage.interfaces)
        received = replace(
            received,
            path=self.spool.blob(flux.sha256),
            findings=(*received.findings, *self._around(flux, au), *_of_whole(dossier)),
        )
        demande = Demande(
            received.enveloppe.interface,
            jour,
            reglage.politique,
            reglage.limites,
            instant,
            packs=packs,
            confiance=self.confiance,
        )
        lot = judge_lot(received, demande, self.engine, world, self.listen, infected=_of_files(dossier))
        return Vue(reglage, jour, lot, seen[-1] if seen else None, self._services_du(au), le)

    def _services_du(self, au: Repere | None) -> datetime | None:
        with reading(self.base) as conn:
            return annuaire.annuaire_du(conn, au.annuaire if au else None, annuaire.SERVICES)

    def _around(self, flux: Flux, au: Repere | None) -> tuple[Finding, ...]:
        """What is said of a delivery before it is opened: it was never complete, its id was taken."""
        with reading(self.base) as conn:
            vain = receptions.of_ticket(conn, flux.ticket)
            first = accepted_under_its_id(conn, flux, au)
        found = [] if vain is None else [explain(vain, self._local(vain.echeance or flux.recu_le))]
        if first is not None:
            le = self._local(first.recu_le)
            found += [cards.IDFLUX_DEJA_UTILISE.at(value=flux.reference, original=first.nom, le=le)]
        return tuple(found)

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self.fuseau):%d/%m/%Y à %H:%M}"


def _of_whole(dossier: Dossier) -> tuple[Finding, ...]:
    """What the antivirus had against the flux itself."""
    return tuple(one for nom, one in dossier.constats if not nom and one.code == ANTIVIRUS_INFECTE.code)


def _of_files(dossier: Dossier) -> Mapping[str, Finding]:
    return {nom: one for nom, one in dossier.constats if nom and one.code == ANTIVIRUS_INFECTE.code}
