"""``edi depots``: folders, owners, modes and keys, when this machine is the SFTP server of the déposants."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from edi import depots
from edi import espace as workspace
from edi.cli.affichage import console, print_table
from edi.cli.espace import Erreur, Espace, open_espace, record_act, user_name
from edi.depots import Ecart
from edi.gestes.depots import record_sync
from edi.lisezmoi import tell_all
from edi.model.gestes import GesteRefuse
from edi.outbound.phrases import count
from edi.resources import locate

app = typer.Typer(
    no_args_is_help=True, help="Les dossiers des déposants, quand cette machine les sert en SFTP."
)

CLES = Path("/etc/ssh/navette")
_IN_FRAGMENT = "/etc/ssh/navette/"


@app.command("sync")
def sync(
    ctx: typer.Context,
    proprietaire: Annotated[
        str, typer.Option(help="Compte sous lequel Navette tourne ; par défaut, celui du dossier queue.")
    ] = "",
    cles: Annotated[Path, typer.Option(help="Dossier des fichiers de clés (AuthorizedKeysFile).")] = CLES,
    a_blanc: Annotated[bool, typer.Option("--a-blanc", help="Montre tout, ne change rien.")] = False,
) -> None:
    """Crée les dossiers, propriétaires, modes et fichiers de clés ; dit ce que root doit faire encore.

    Code de retour : 0 quand tout est en place, 1 quand il reste à faire.
    """
    espace = open_espace(ctx, workspace.look_into)
    service = proprietaire or depots.owner_of(espace.spool.root / "queue")
    if not depots.account_exists(service):
        raise Erreur(f"le compte « {service} » n'existe pas sur cette machine ; donnez --proprietaire")
    rows, left, changed = [], [], []
    for ecart in _differences(espace, service):
        done = not a_blanc and _mend(ecart)
        changed += [f"{ecart.objet} : {ecart.trouve} → {ecart.attendu}"] if done else []
        rows.append((ecart.objet, ecart.trouve, ecart.attendu, "fait" if done else "à faire"))
        left += [] if done else list(ecart.commandes)
    if rows:
        print_table(("quoi", "trouvé", "attendu", ""), rows)
    else:
        console.print("Dossiers et comptes : tout est en place.")
    unwritten, written = _sync_keys(espace, cles, a_blanc=a_blanc)
    if left:
        console.print("\nÀ faire, par root :")
        for command in left:
            console.print(f"  {command}", markup=False, soft_wrap=True)
        console.print("puis relancer « edi depots sync ».")
    try:
        if changed or written:
            record_sync(espace, changed + written, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    if left or unwritten or any(row[-1] == "à faire" for row in rows):
        raise typer.Exit(1)


@app.command("sshd")
def show_sshd(
    cles: Annotated[Path, typer.Option(help="Dossier des fichiers de clés (AuthorizedKeysFile).")] = CLES,
) -> None:
    """Le fragment de configuration à donner à sshd."""
    text = locate("config", "sshd_config.fragment").read_text(encoding="utf-8")
    typer.echo(text.replace(_IN_FRAGMENT, f"{cles}/"), nl=False)


@app.command("lisezmoi")
def write_lisezmoi(
    ctx: typer.Context,
    appli: Annotated[str, typer.Option(help="Code appli d'un seul déposant.")] = "",
) -> None:
    """Écrit statut/LISEZMOI.txt de chaque déposant, d'après la configuration en vigueur."""
    espace = open_espace(ctx)
    if appli and appli not in espace.settings.deposants:
        raise Erreur(f"le déposant « {appli} » n'est pas déclaré")
    written = tell_all(espace, appli)
    if written:
        record_act(espace, "lisezmoi-ecrits", ", ".join(written))
    console.print(f"LISEZMOI écrit : {', '.join(written)}." if written else "LISEZMOI : déjà à jour.")


def _differences(espace: Espace, service: str) -> list[Ecart]:
    """Accounts first: the folders of an account that does not exist cannot be given to it."""
    spool, deposants = espace.spool.root, espace.settings.deposants
    found = [*depots.compare_parents(spool), *depots.compare_accounts(spool, deposants)]
    folders = (depots.compare(wanted) for wanted in depots.plan(spool, deposants, service))
    return found + [ecart for ecart in folders if ecart is not None]


def _mend(ecart: Ecart) -> bool:
    """Apply what can be; False when it is for root, or for the operator."""
    if ecart.acces is None:
        return False
    try:
        depots.apply(ecart.acces)
    except PermissionError:
        return False
    return True


def _sync_keys(espace: Espace, folder: Path, *, a_blanc: bool) -> tuple[int, list[str]]:
    """Write the keys files, or print them; how many could not be written, and what was written."""
    unwritten, written = 0, list[str]()
    for deposant in espace.settings.deposants.values():
        target = folder / depots.account_of(deposant)
        keys = count(len(deposant.cles), "clé", "clés")
        if not a_blanc and os.access(_nearest(folder), os.W_OK):
            new = depots.write_keys(folder, deposant)
            said = "écrit" if new else "déjà en place"
            written += [f"{target} : {keys}"] if new else []
            console.print(f"Clés : {target} {said} ({keys}).", markup=False, soft_wrap=True)
            continue
        unwritten += not a_blanc
        console.print(f"\nClés : {target} doit contenir ({keys}) :", markup=False, soft_wrap=True)
        console.print(depots.keys_file(deposant), markup=False, soft_wrap=True, end="")
    return unwritten, written


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
