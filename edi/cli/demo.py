"""``edi demo``: a throw-away workspace, sample lots, the real watcher, and what came back."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edi import espace as workspace
from edi.annuaire.imports import import_csv
from edi.app import App
from edi.cli.affichage import console, make_progress, print_table
from edi.cli.espace import Erreur
from edi.espace import Espace
from edi.model import Flux, Severity
from edi.outbound.phrases import count
from edi.samples import Lot, LotSpec, deposants, make_lot, mandats, services_csv, structures_csv
from edi.store import emissions, factures
from edi.store.mandats import add_mandat

_MARK = ".navette-demo"  # only a folder that bears it is ever emptied

STORIES: tuple[tuple[str, LotSpec], ...] = (
    ("lot UBL de 20 factures correctes", LotSpec("ubl", 20, numero_flux=1)),
    (
        "lot UBL de 10 factures dont 3 fautives",
        LotSpec(
            "ubl",
            10,
            numero_flux=2,
            graine=2,
            fautes={2: "numero-trop-long", 5: "tva-fausse", 9: "service-inconnu"},
        ),
    ),
    ("CPPFactureMixte, 4 factures et leurs PDF", LotSpec("mixte", 4, numero_flux=3, graine=3, archive="xml")),
    (
        "lot Factur-X de 4 factures dont 1 fautive, règles officielles",
        LotSpec("facturx", 4, numero_flux=7, graine=8, fautes=("ttc-faux",)),
    ),
    ("une facture UBL seule", LotSpec("ubl", 1, numero_flux=4, graine=4, archive="xml")),
    ("destinataire fermé", LotSpec("ubl", 2, numero_flux=5, graine=5, fautes=("destinataire-ferme",) * 2)),
    ("archive tar.gz tronquée", LotSpec("ubl", 5, numero_flux=6, graine=6, tronque=True)),
    ("lot d'un tiers sous mandat", LotSpec("ubl", 3, numero_flux=1, graine=7, appli="BBB456", archive="zip")),
)


def demo(
    dossier: Annotated[Path, typer.Argument(help="Dossier jetable, refait à chaque fois.")] = Path("demo"),
) -> None:
    """Démonstration : dépose des lots d'exemple, les traite, et montre les réponses."""
    espace = _make_espace(dossier)
    stories = {lot.nom: story for story, lot in _deposit(espace)}
    with make_progress() as progress:
        task = progress.add_task("Traitement", total=len(stories))
        left = len(stories)
        stop = threading.Event()

        def at_work(flux: Flux, done: int) -> None:
            progress.update(task, description=f"{flux.appli} {flux.reference} : facture {done}")

        def settled(flux: Flux) -> None:
            nonlocal left
            left -= 1
            progress.advance(task)

        found = App(espace, listen=at_work, settled=settled).serve(stop, until_idle=True)
    _show(espace, found, stories)


def _make_espace(dossier: Path) -> Espace:
    """An empty workspace with the sample world. Raises Erreur rather than empty a folder that is not ours."""
    if dossier.exists():
        if any(dossier.iterdir()) and not (dossier / _MARK).exists():
            raise Erreur(f"« {dossier} » existe et n'est pas une démonstration : choisissez un autre dossier")
        shutil.rmtree(dossier)
    dossier.mkdir(parents=True)
    (dossier / _MARK).touch()  # first, so that what an interrupted demonstration leaves can be remade
    (dossier / "config").mkdir()
    (dossier / workspace.CONFIG).write_text(_config(), encoding="utf-8")
    espace = workspace.open_espace(dossier)
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (dossier / name).write_bytes(data)
            import_csv(conn, dossier / name, espace.now())
        for mandat in mandats():
            add_mandat(
                conn,
                mandat.mandant,
                mandat.mandataire,
                mandat.cree_le,
                espace.now(),
                mandat.signe_le,
                mandat.signataire,
            )
    return espace


def _config() -> str:
    lines = ["[collecte]", "intervalle = 1.0", "pas = 0.2", ""]
    for deposant in deposants():
        lines += [
            "[[deposant]]",
            f'code = "{deposant.code}"',
            f'libelle = "{deposant.libelle}"',
            f'siret = "{deposant.siret}"',
            f'politique = "{deposant.politique}"',
            'readiness = "renommage"',
            "",
        ]
    return "\n".join(lines)


def _deposit(espace: Espace) -> list[tuple[str, Lot]]:
    """Put every sample lot into its ``in``, as a supplier would: aside first, then renamed."""
    deposited = []
    for story, spec in STORIES:
        lot = make_lot(replace(spec, jour=espace.today()))
        inbox = espace.spool.inbox(spec.appli)
        (inbox / f".{lot.nom}.part").write_bytes(lot.data)
        (inbox / f".{lot.nom}.part").rename(inbox / lot.nom)
        deposited.append((story, lot))
    return deposited


def _show(espace: Espace, found: list[Flux], stories: dict[str, str]) -> None:
    rows, paths = [], []
    with espace.engine.begin() as conn:
        for flux in found:
            told = factures.findings_of(conn, flux.id)
            why = [f"{f.code} : {f.message}" for _, _, f in told if f.severity >= Severity.ERROR]
            rows.append(
                (
                    stories.get(flux.nom, flux.nom),
                    flux.reference,
                    str(flux.acceptees + flux.rejetees),
                    str(flux.acceptees),
                    str(flux.rejetees),
                    "\n".join(dict.fromkeys(why)) or flux.incident,
                )
            )
            paths += [str(espace.spool.outbox(e.appli) / e.nom) for e in emissions.of_flux(conn, flux.id)]
    print_table(("lot d'exemple", "flux", "factures", "acceptées", "rejetées", "pourquoi"), rows)
    console.print(f"\n{count(len(paths), 'flux retour', 'flux retour')} :")
    for path in paths:
        console.print(f"  {path}", markup=False, soft_wrap=True)
    edi = f"edi -e {espace.root}"
    more = f"\nPour en voir plus : {edi} flux list, {edi} facture list --rejetees"
    console.print(more, markup=False, soft_wrap=True)
