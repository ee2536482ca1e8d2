"""``edi serveur``: how the servers of partners stand, and what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from edi.app import App
from edi.canaux import Bilan
from edi.cli.affichage import console, print_json, print_table, stderr
from edi.cli.espace import Erreur, Espace, open_espace
from edi.inbound.display import escape_name, show_size
from edi.inbound.distant import Ennui
from edi.model import Canal, Serveur
from edi.outbound.envois import count_due
from edi.sftp import RemoteFailed
from edi.store import canaux, livraisons, releves

app = typer.Typer(no_args_is_help=True, help="Les serveurs SFTP où l'on prend et dépose des fichiers.")

_FAIT = {"laisser": "laissé", "deplacer": "déplacé", "supprimer": "supprimé"}


@app.command("list")
def list_all(
    ctx: typer.Context,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les serveurs déclarés : leur état, ce qui reste à y faire."""
    espace = open_espace(ctx)
    rows = [(serveur, *_state(espace, serveur)) for serveur in espace.settings.serveurs]
    if en_json:
        print_json([_as_json(espace, *row) for row in rows])
        return
    columns = ("serveur", "adresse", "état", "dernier appel réussi", "à déposer", "à ranger", "incident")
    print_table(columns, [_row(espace, *row) for row in rows])


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


def _state(espace: Espace, serveur: Serveur) -> tuple[Canal, int, int]:
    others = count_due(espace.engine, serveur)
    with espace.engine.begin() as conn:
        return (
            canaux.get(conn, serveur.nom),
            livraisons.count_pending(conn, serveur.served) + others,
            len(releves.owed(conn, serveur.nom)),
        )


def _etat(espace: Espace, serveur: Serveur, canal: Canal) -> str:
    if canal.arrete and canal.empreinte == serveur.empreinte:
        return "arrêté"
    if canal.prochain_essai is not None:
        return f"en échec ({canal.essais}), nouvel essai le {_moment(espace, canal.prochain_essai)}"
    return "en service" if canal.reussi_le else "jamais appelé"


def _row(espace: Espace, serveur: Serveur, canal: Canal, due: int, owed: int) -> tuple[str, ...]:
    address = f"{serveur.utilisateur}@{serveur.hote}:{serveur.port}"
    last = _moment(espace, canal.reussi_le) if canal.reussi_le else ""
    return serveur.nom, address, _etat(espace, serveur, canal), last, str(due), str(owed), canal.incident


def _as_json(espace: Espace, serveur: Serveur, canal: Canal, due: int, owed: int) -> dict[str, Any]:
    return {
        "nom": serveur.nom,
        "hote": serveur.hote,
        "port": serveur.port,
        "utilisateur": serveur.utilisateur,
        "arrete": canal.arrete and canal.empreinte == serveur.empreinte,
        "incident": canal.incident,
        "reussi_le": canal.reussi_le,
        "essais": canal.essais,
        "prochain_essai": canal.prochain_essai,
        "a_deposer": due,
        "a_ranger": owed,
    }


def _moment(espace: Espace, at: datetime) -> str:
    return f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y %H:%M}"


def _print(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
