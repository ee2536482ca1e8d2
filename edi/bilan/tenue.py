"""Taking the figures of a run and keeping them with it: the part of the report that reads the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.alertes.lettre import key_of
from edi.bilan import chiffres
from edi.bilan.annonce import is_announced, write_contenu
from edi.bilan.calcul import Deposant, Matiere, make_bilan
from edi.bilan.chiffres import Alarme, Bilan, Doute, Duree, Entete, Reprises
from edi.bilan.ouverts import find_open
from edi.bilan.page import write_page
from edi.bilan.texte import write_text
from edi.disjoncteur import RETENUE, count_held
from edi.model import Acteur, Alerte, Courriel, Crochet, EtapeFaite, Flux, Genre, Gravite, Passage, Tache
from edi.spool import Spool
from edi.store import alertes, annonces, bilans, disjoncteurs, emissions, receptions
from edi.store.bilans import FluxVu
from edi.store.disjoncteurs import FAUTIVE

HISTORY = 30  # runs, this one included
_FIRST = timedelta(days=1)  # how far back the first report of a job looks


@dataclass(frozen=True)
class Tenue:
    """Who makes the reports of a workspace."""

    spool: Spool
    plateforme: str
    fuseau: ZoneInfo
    deposants: Mapping[str, Deposant]
    canaux: Sequence[Courriel | Crochet] = ()  # that a report is announced through
    process: str = ""

    def take(self, conn: Connection, tache: Tache, passage: Passage, entete: Entete) -> Bilan:
        """The figures of a run, made once, kept and booked for whoever is told.

        Of a run that is taken up again, those that were kept.
        """
        kept = bilans.kept(conn, passage.id)
        if kept is not None:
            return chiffres.read(kept)
        earlier = bilans.latest(conn, tache.nom, passage.id, HISTORY)
        before = earlier[0][0] if earlier else None
        entete = replace(entete, plateforme=self.plateforme, depuis=before)
        # A day more: what was received while that report was being made. What it told is not told again.
        since = (before or entete.debut) - _FIRST
        vus = bilans.flux_of_run(conn, tache.nom, tache.deposants, passage.id, since)
        avant = [chiffres.read(text) for _, text in reversed(earlier)]
        made = make_bilan(entete, self._read(conn, vus), avant)
        made = replace(
            made,
            historique=made.historique[-HISTORY:],
            etapes=tuple(map(_duree, (one for one in passage.etapes if one.fin is not None))),
            reprises=self._reprises(conn, vus, passage),
            ouverts=self._open(conn, vus, tache.deposants, entete.fin),
            doutes=_doubts(conn),
            alarmes=tuple(_alarme(one) for one in alertes.current(conn) if one.ouverte_le is not None),
        )
        bilans.keep(conn, passage.id, tache.nom, entete.fin, chiffres.write(made), vus)
        if is_announced(made, tache, self.fuseau):
            for canal in self.canaux:
                contenu = write_contenu(made, tache, canal, self.fuseau)
                annonces.book(conn, key_of(canal.nom, contenu), canal.nom, contenu, entete.fin)
        return made

    def put(self, tache: Tache, bilan: Bilan) -> None:
        """Write the report of a run; it can be made again of its figures, identically."""
        stem = stem_of(bilan.entete)
        files = {
            f"{stem}.html": write_page(bilan, self.fuseau).encode(),
            f"{stem}.txt": write_text(bilan, self.fuseau).encode(),
        }
        self.spool.put_reports(files, self.process)

    def of_flux(self, conn: Connection, some: Collection[Flux], entete: Entete) -> Bilan:
        """The figures of some deliveries, whoever asks; nothing is kept."""
        vus = [FluxVu(flux) for flux in some if flux.nature == "factures"]
        made = make_bilan(replace(entete, plateforme=self.plateforme), self._read(conn, vus))
        return replace(made, ouverts=self._open(conn, vus, {flux.appli for flux in some}, entete.fin))

    def _read(self, conn: Connection, vus: list[FluxVu]) -> Matiere:
        rejetees = bilans.rejected(conn, vus)
        return Matiere(
            vus=vus,
            decidees=bilans.decided(conn, vus),
            reprises=bilans.taken_up(conn, vus),
            rejetees=rejetees,
            constats=bilans.blocking(conn, vus, rejetees),
            deposants=self.deposants,
        )

    def _open(
        self, conn: Connection, vus: list[FluxVu], applis: Collection[str], at: datetime
    ) -> tuple[chiffres.Ouvert, ...]:
        waiting = [vu for vu in vus if vu.flux.statut.en_cours]
        decided: Counter[int] = Counter()
        for one in bilans.decided(conn, waiting):
            decided[one.flux_id] += one.factures
        return find_open(
            [vu.flux for vu in waiting],
            decided,
            [one for one in receptions.waiting(conn) if one.appli in applis],
            [one for one in emissions.pending(conn, at) if one.appli in applis],
            self.deposants,
            {RETENUE.at(value=one.code, jeu=one.jeu).message: one.code for one in _doubts(conn)},
        )

    def _reprises(self, conn: Connection, vus: list[FluxVu], passage: Passage) -> Reprises:
        return Reprises(
            flux=sum(vu.flux.tentatives > 0 for vu in vus),
            livraisons=bilans.redelivered(conn, vus),
            interruptions=passage.reprises,
            doubles=passage.doubles,
        )


def stem_of(entete: Entete) -> str:
    """What the files of a report are called, but for their endings; a run by hand has a name of its own."""
    by_hand = f"-{entete.passage}" if entete.genre is Genre.MANUEL else ""
    return f"{entete.jour.isoformat()}-{entete.tache}{by_hand}"


def _duree(step: EtapeFaite) -> Duree:
    took = (step.fin - step.debut).total_seconds() if step.fin else 0.0
    return Duree(step.etape, took, step.issue, step.incidents)


def _doubts(conn: Connection) -> tuple[Doute, ...]:
    """The rules that are held to be wrong."""
    return tuple(
        Doute(
            code=one.regle.code,
            jeu=one.regle.jeu,
            refusees=one.mesure.refusees,
            fournisseurs=one.mesure.fournisseurs,
            taux=one.mesure.taux,
            usuel=one.mesure.usuel,
            fautive=one.avis == FAUTIVE,
            flux=count_held(conn, one.regle),
        )
        for one in disjoncteurs.open_ones(conn)
    )


def _alarme(one: Alerte) -> Alarme:
    critical = one.gravite is Gravite.CRITIQUE
    who = "l'exploitant" if one.qui is Acteur.EXPLOITANT else "le déposant"
    return Alarme(one.id, one.regle, critical, who, one.phrase, one.remede, one.depuis)
