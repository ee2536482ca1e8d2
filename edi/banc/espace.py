"""A workspace that is thrown away, and lots taken through it by the real stages, from ``in`` to ``out``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from edi import espace as workspace
from edi.annuaire.imports import import_csv
from edi.app import App
from edi.app.compagnons import at_work
from edi.banc.jeux import APPLI, JEUX, Depot, make_depot
from edi.banc.sonde import Duree, Sonde
from edi.espace import Espace
from edi.model import FluxStatut
from edi.samples import deposants, services_csv, structures_csv

_WARM = 3  # invoices of each kind that a new workspace judges before anything is measured


class Ecarte(Exception):
    """What was measured did not do what it should have; there is no figure. The message is in French."""


def make_espace(root: Path) -> Espace:
    """A new workspace with the sample annuaire, set as it is shipped but for how official sheets are trusted.

    Their compiled form decides after the first documents, as it does in a workspace that has judged eleven
    thousand. None is of the sample that Saxon judges too: whether a lot held one or three such documents
    would decide its figures. What one costs is measured apart.
    """
    (root / workspace.CONFIG.parent).mkdir(parents=True)
    lines = ["[moteur]", 'mode = "in_process"', "[regles]", "ombre = 1", "jeunesse = 1", "echantillon = 0.0"]
    for d in deposants():
        lines += ["[[deposant]]", f'code = "{d.code}"', f'siret = "{d.siret}"', 'readiness = "renommage"']
    (root / workspace.CONFIG).write_text("\n".join(lines), encoding="utf-8")
    espace = workspace.open_espace(root)
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (root / name).write_bytes(data)
            import_csv(conn, root / name, espace.now())
    return espace


def with_workers(espace: Espace, travailleurs: int) -> Espace:
    """The same workspace, whose documents are judged by so many worker processes; 0: in this process."""
    mode = "local" if travailleurs else "in_process"
    moteur = espace.settings.moteur.model_copy(update={"mode": mode, "travailleurs": travailleurs})
    return replace(espace, settings=espace.settings.model_copy(update={"moteur": moteur}))


class Banc:
    """A workspace at work: deposits go in, statuts come out."""

    def __init__(self, espace: Espace, numero: int = 0) -> None:
        self.espace = espace
        self.numero = numero  # of the last lot that was made
        self.app = App(espace)

    @contextmanager
    def at_work(self, travailleurs: int = 0) -> Iterator[None]:
        """Judge with so many worker processes (0: in this one), started and warm."""
        self.app = App(with_workers(self.espace, travailleurs))
        with closing(self.app.pipeline.engine), at_work(self.app.presence):
            self.app.recover()
            for _ in range(3 if travailleurs else 1):
                for jeu in JEUX[:1] if travailleurs else JEUX:
                    self.pass_through(self.make(jeu.nom, max(_WARM, 4 * travailleurs)))
            yield

    def make(self, nom: str, nombre: int, longueur: int = 0, poids: int = 0) -> Depot:
        """A lot that is new here.

        ``longueur``: lines of its invoices, 0 for those of its kind; ``poids``: bytes attached to each.
        """
        self.numero += 1
        jeu = next(jeu for jeu in JEUX if jeu.nom == nom)
        return make_depot(jeu, nombre, self.numero, self.espace.today(), longueur, poids)

    def pass_through(self, depot: Depot, sonde: Sonde | None = None) -> Duree:
        """Deposit a lot and wait for its answer: from the rename in ``in`` to its statuts synced in ``out``.

        Raises Ecarte when it is not accepted whole, or not answered.
        """
        inbox, outbox = (self.espace.spool.inbox(APPLI, folder) for folder in ("in", "out"))
        aside = inbox / f".{depot.lot.nom}.part"
        aside.write_bytes(depot.lot.data)
        before = len(list(outbox.iterdir()))
        began = time.perf_counter(), time.process_time()
        with nullcontext() if sonde is None else sonde.at_work():
            aside.rename(inbox / depot.lot.nom)
            self.app.collect()
            done = self.app.drain()
        taken = Duree(time.perf_counter() - began[0], time.process_time() - began[1], 1)
        accepted = [(flux.statut, flux.acceptees) for flux in done]
        if accepted != [(FluxStatut.INTEGRE, depot.factures)] or len(list(outbox.iterdir())) == before:
            raise Ecarte(f"un lot de {depot.jeu.libelle} n'a pas été intégré en entier : {accepted}")
        return taken
