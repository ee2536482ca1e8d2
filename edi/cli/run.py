"""``edi init``, ``edi run``, ``edi pull``, ``edi serve``: making a workspace and making it work."""

from __future__ import annotations

import shutil
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from edi import espace as workspace
from edi.app import App
from edi.cli.affichage import console, print_json
from edi.cli.bilan import print_figures
from edi.cli.espace import Erreur, open_espace
from edi.cli.flux import as_json, print_flux_list
from edi.cli.nightly import run_jobs
from edi.cli.progres import followed, tell_alarm, tell_mended
from edi.cli.serveur import as_json_bilan, find_serveur, print_bilan, tell_ennuis
from edi.model import Flux, Passage
from edi.resources import locate

_SHOWN = 20  # flux_list told one by one
_COORDONNE = "Ce processus coordonne : il juge, répond et tient les nuits."
_ATTEND = "Ce processus prend les dépôts et se tient prêt ; il ne juge pas."


def init(
    dossier: Annotated[Path, typer.Argument(help="Dossier à créer ; ce qui existe déjà est gardé.")],
) -> None:
    """Crée un espace de travail : configuration, spool, base de données."""
    config = dossier / workspace.CONFIG
    config.parent.mkdir(parents=True, exist_ok=True)
    if not config.exists():
        shutil.copyfile(locate("config", "edi.example.toml"), config)
    espace = workspace.open_espace(dossier)
    lines = [f"Espace de travail : {dossier}", f"  configuration   {config}   (déclarez-y vos déposants)"]
    lines += [f"  dépôts          {espace.spool.inbox(code)}" for code in espace.settings.deposants]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print(
        "Ensuite : déclarez vos déposants (code, siret), importez l'annuaire (edi annuaire import), "
        "puis edi run (un passage) ou edi serve."
    )


def run(
    ctx: typer.Context,
    job: Annotated[
        str,
        typer.Option("--job", metavar="NOM", help="Les passages dus de cette tâche de nuit, et eux seuls."),
    ] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Un passage : prend ce qui est déposé, traite, répond, puis s'arrête. Le verbe de cron."""
    if job:
        run_jobs(ctx, job, forcer=False, en_json=en_json)
        return
    espace = open_espace(ctx)
    with followed(espace, shown=not en_json) as application:
        done = application.run_once()
    application.look()
    if en_json:
        print_json([as_json(flux) for flux in done])
    elif done:
        if len(done) <= _SHOWN:
            print_flux_list(done, espace)
        print_figures(espace, done)
    else:
        console.print("Aucun flux à traiter.")
    tell_ennuis(application.ennuis)


def pull(
    ctx: typer.Context,
    serveur: Annotated[
        str, typer.Option("--serveur", metavar="NOM", help="Ce serveur seul, même arrêté ou en attente.")
    ] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Appelle les serveurs une fois : prend ce qui attend, dépose les réponses dues. Ne juge rien."""
    espace = open_espace(ctx)
    if not espace.settings.serveurs:
        raise Erreur("aucun serveur n'est déclaré : ajoutez un bloc [[serveur]] à config/edi.toml")
    chosen = [find_serveur(espace, serveur)] if serveur else None
    bilan = App(espace, mended=tell_mended).call_once(chosen, forced=bool(serveur))
    if en_json:
        print_json(as_json_bilan(bilan))
    else:
        print_bilan(bilan)
        tell_ennuis(bilan.ennuis)


def serve(ctx: typer.Context) -> None:
    """Surveille les dépôts sans fin et répond à mesure ; Ctrl-C ou SIGTERM l'arrêtent proprement."""
    espace = open_espace(ctx)
    if not espace.settings.deposants:
        raise Erreur("aucun déposant n'est déclaré : ajoutez un bloc [[deposant]] à config/edi.toml")
    stop = threading.Event()

    def told(flux: Flux) -> None:
        moment = espace.now().strftime("%d/%m/%Y %H:%M:%S")
        counts = f"{flux.acceptees} acceptée(s), {flux.rejetees} rejetée(s)"
        line = f"{moment}  {flux.appli}  {flux.reference}  {flux.statut.libelle}  {counts}"
        console.print(line, markup=False, soft_wrap=True)

    def tell_night(passage: Passage) -> None:
        line = f"Passage de nuit {passage.issue.libelle} : {passage.rapport or passage.tache}"
        console.print(line, markup=False, soft_wrap=True)

    def tell_lead(leads: bool) -> None:
        console.print(_COORDONNE if leads else _ATTEND, markup=False, soft_wrap=True)

    application = App(
        espace, settled=told, passed=tell_night, mended=tell_mended, alarm=tell_alarm, led=tell_lead
    )

    def request_stop(signum: int, frame: object) -> None:
        stop.set()
        application.wake.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    console.print(f"Surveillance de {len(espace.settings.deposants)} dépôt(s) ; Ctrl-C pour arrêter.")
    if adresse := espace.settings.console.adresse:
        console.print(f"Console : http://{adresse}/")
    application.serve(stop)
    console.print("Arrêté ; tout flux commencé est terminé ou reprendra au prochain départ.")
