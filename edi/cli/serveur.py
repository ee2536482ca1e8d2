"""``edi serveur``: how the servers of partners stand, and what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from edi.app import App
from edi.canaux import Bilan
from edi.canaux.etat import EtatCanal, look_at, tell_state
from edi.cli.affichage import console, print_json, print_table, stderr
from edi.cli.espace import Erreur, Espace, open_espace
from edi.cli.passages import show_moment
from edi.inbound.display import escape_name, show_size
from edi.inbound.distant import Ennui
from edi.model import Serveur
from edi.sftp import RemoteFailed
from edi.store.database import reading

app = typer.Typer(no_args_is_help=True, help="Les serveurs SFTP où l'on prend et dépose des fichiers.")

_FAIT = {"laisser": "laissé", "deplacer": "déplacé", "supprimer": "supprimé"}


@app.command("list")
def list_all(
    ctx: typer.Context,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les serveurs déclarés : leur état, ce qui reste à y faire."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        rows = [look_at(conn, serveur) for serveur in espace.settings.serveurs]
    if en_json:
        print_json([_as_json(row) for row in rows])
        return
    columns = ("serveur", "adresse", "état", "dernier appel réussi", "à déposer", "à ranger", "incident")
    print_table(columns, [_row(espace, row) for row in rows])


@app.command("check")
def check(
    ctx: typer.Context,
    nom: Annotated[str, typer.Argument(metavar="NOM", help="Le serveur, par le nom de la configuration.")],
) -> None:
    """Appelle un serveur, compare sa clé, regarde ses dossiers. Ne prend et ne dépose rien.

    Un canal arrêté reprend quand tout va bien.
    """
    espace = open_espace(ctx)
    serveur = find_serveur(espace, nom)
    try:
        constats = App(espace).canaux.check(serveur)
    except RemoteFailed as failure:
        raise Erreur(f"{serveur.nom} : {failure}. {failure.remede}") from failure
    _print(f"{serveur.nom} : connexion, clé du serveur et identification en ordre.")
    for constat in constats:
        what = f"  {constat.appli}  {constat.role} = {constat.dossier}"
        if constat.failure is not None:
            _print(f"{what} : {constat.failure}. {constat.failure.remede}")
        elif constat.fichiers is not None:
            _print(f"{what} : {constat.fichiers} fichier(s)")
        else:
            _print(f"{what} : présent")
    wrong = sum(constat.failure is not None for constat in constats)
    if wrong:
        raise Erreur(f"{wrong} dossier(s) de {serveur.nom} ne peuvent pas servir")


def find_serveur(espace: Espace, nom: str) -> Serveur:
    """Raises Erreur."""
    for serveur in espace.settings.serveurs:
        if serveur.nom == nom:
            return serveur
    known = ", ".join(serveur.nom for serveur in espace.settings.serveurs) or "aucun"
    raise Erreur(f"le serveur « {nom} » n'est pas déclaré ; serveurs déclarés : {known}")


def print_bilan(bilan: Bilan) -> None:
    """What one call of the servers came to."""
    if bilan.prises:
        rows = [
            (
                releve.serveur,
                releve.appli,
                escape_name(releve.nom),
                show_size(releve.taille),
                releve.sha256[:12],
                _FAIT[releve.apres] if releve.apres_le else "à ranger au prochain appel",
            )
            for releve in bilan.prises
        ]
        print_table(("serveur", "partenaire", "fichier", "taille", "sha256", "sur le serveur"), rows)
    put = [poussee for poussee in bilan.poussees if poussee.failure is None]
    if put:
        print_table(("serveur", "partenaire", "fichier déposé"), [(p.serveur, p.appli, p.nom) for p in put])
    if not bilan.prises and not put:
        console.print("Rien de nouveau sur les serveurs.")


def tell_ennuis(ennuis: Sequence[Ennui]) -> None:
    """What did not work on servers, with what to do about it."""
    for ennui in ennuis:
        where = " ".join(part for part in (ennui.serveur, ennui.appli) if part)
        stderr.print(f"Attention : {where} : {ennui.message}. {ennui.remede}", markup=False, soft_wrap=True)


def as_json_bilan(bilan: Bilan) -> dict[str, Any]:
    """One call of the servers, for programs."""
    return {
        "prises": [
            {
                "serveur": releve.serveur,
                "appli": releve.appli,
                "dossier": releve.dossier,
                "nom": releve.nom,
                "taille": releve.taille,
                "sha256": releve.sha256,
                "ticket": releve.ticket,
                "apres": releve.apres,
                "apres_le": releve.apres_le,
            }
            for releve in bilan.prises
        ],
        "poussees": [
            {
                "serveur": p.serveur,
                "appli": p.appli,
                "nom": p.nom,
                "incident": "" if p.failure is None else str(p.failure),
            }
            for p in bilan.poussees
        ],
        "ennuis": [ennui._asdict() for ennui in bilan.ennuis],
    }


def _row(espace: Espace, etat: EtatCanal) -> tuple[str, ...]:
    serveur, canal = etat.serveur, etat.canal
    address = f"{serveur.utilisateur}@{serveur.hote}:{serveur.port}"
    last = show_moment(espace, canal.reussi_le)
    told = tell_state(etat, espace.settings.fuseau)
    return serveur.nom, address, told, last, str(etat.a_deposer), str(etat.a_ranger), canal.incident


def _as_json(etat: EtatCanal) -> dict[str, Any]:
    serveur, canal = etat.serveur, etat.canal
    return {
        "nom": serveur.nom,
        "hote": serveur.hote,
        "port": serveur.port,
        "utilisateur": serveur.utilisateur,
        "arrete": etat.arrete,
        "incident": canal.incident,
        "reussi_le": canal.reussi_le,
        "essais": canal.essais,
        "prochain_essai": canal.prochain_essai,
        "a_deposer": etat.a_deposer,
        "a_ranger": etat.a_ranger,
    }


def _print(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
