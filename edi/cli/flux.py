"""``edi flux``: what was delivered, what became of it, and the held ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from edi.cli import actes_flux
from edi.cli.affichage import console, print_json, print_table
from edi.cli.designation import find_flux
from edi.cli.ecriture import write_aside
from edi.cli.espace import Erreur, Raison, open_espace, record_act, user_name
from edi.cli.fiche_flux import as_json_fiche, print_fiche, read_fiche
from edi.cli.garde import tell_garde
from edi.cli.pourquoi import show_pourquoi
from edi.cli.reception import show_receptions
from edi.espace import Espace
from edi.gestes.relance import relaunch
from edi.lifecycle.statuts import FLUX_TERMINAL
from edi.model import Flux, FluxStatut
from edi.outbound.phrases import count
from edi.reste import NoReste, make_reste
from edi.store import flux as store
from edi.store import oublis

app = typer.Typer(no_args_is_help=True, help="Les flux reçus et leurs réponses.")
app.command("renvoie")(actes_flux.send_return)


def as_json(flux: Flux) -> dict[str, Any]:
    """A delivery as ``--json`` shows it."""
    return {
        "id": flux.id,
        "appli": flux.appli,
        "nom": flux.nom,
        "interface": flux.interface,
        "idflux": flux.idflux,
        "statut": flux.statut.name,
        "libelle": flux.statut.libelle,
        "recu_le": flux.recu_le,
        "acceptees": flux.acceptees,
        "rejetees": flux.rejetees,
        "taille": flux.taille,
        "sha256": flux.sha256,
        "incident": flux.incident,
        "rappel_de": flux.rappel_de,
    }


def print_flux_list(found: Sequence[Flux], espace: Espace, titre: str = "") -> None:
    """Deliveries as a table."""
    rows = [
        (
            str(flux.id),
            f"{flux.recu_le.astimezone(espace.settings.fuseau):%d/%m/%Y %H:%M}",
            flux.appli,
            flux.reference,
            flux.statut.libelle,
            str(flux.acceptees),
            str(flux.rejetees),
            flux.incident,
        )
        for flux in found
    ]
    columns = ("n°", "reçu le", "appli", "flux", "statut", "acceptées", "rejetées", "incident")
    print_table(columns, rows, titre)


@app.command("list")
def list_flux(
    ctx: typer.Context,
    appli: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
    en_attente: Annotated[bool, typer.Option("--en-attente", help="Seulement ceux qui attendent.")] = False,
    en_reception: Annotated[
        bool, typer.Option("--en-reception", help="Ce qui est dans les dossiers in, pas encore complet.")
    ] = False,
    rejetes: Annotated[bool, typer.Option("--rejetes", help="Seulement rejetés, même en partie.")] = False,
    texte: Annotated[str, typer.Option("--cherche", help="Identifiant de flux ou début du nom.")] = "",
    code: Annotated[str, typer.Option(help="Code d'un constat, par exemple EDI-SERVICE-02.")] = "",
    limite: Annotated[int, typer.Option(min=1, max=100_000, help="Nombre de lignes.")] = 50,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les flux reçus, le plus récent d'abord."""
    if en_reception:
        show_receptions(open_espace(ctx), appli, en_json=en_json)
        return
    statuts: list[FluxStatut] = []
    if en_attente:
        statuts += [statut for statut in FluxStatut if statut not in FLUX_TERMINAL]
    if rejetes:
        statuts += [FluxStatut.INTEGRE_PARTIEL, FluxStatut.REJETE, FluxStatut.IRRECEVABLE]
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        total, found = store.search(conn, appli=appli, statuts=statuts, text=texte, code=code, limit=limite)
    if en_json:
        print_json([as_json(flux) for flux in found])
        return
    print_flux_list(found, espace)
    console.print(f"{count(len(found), 'flux montré', 'flux montrés')} sur {total}.")


@app.command("show")
def show_flux(
    ctx: typer.Context,
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="Numéro, identifiant de flux ou nom de fichier.")
    ],
    pourquoi: Annotated[
        bool, typer.Option("--pourquoi", help="Rejouer le verdict de ce jour-là, et celui d'aujourd'hui.")
    ] = False,
    numero: Annotated[
        str, typer.Option("--facture", metavar="NUMÉRO", help="Avec --pourquoi : une seule facture.")
    ] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Un flux : ses factures, ses constats, ses réponses ; --pourquoi : les raisons de chaque décision."""
    if numero and not pourquoi:
        raise Erreur("« --facture » va avec « --pourquoi »")
    if pourquoi:
        show_pourquoi(ctx, ident, numero, en_json=en_json)
        return
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    fiche = read_fiche(espace, flux)
    if en_json:
        print_json({**as_json(flux), **as_json_fiche(fiche, espace)})
        return
    print_flux_list([flux], espace)
    print_fiche(fiche, espace)


@app.command("relancer")
def relaunch_flux(
    ctx: typer.Context,
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="Numéro, identifiant de flux ou nom de fichier.")
    ],
    raison: Raison = "",
) -> None:
    """Remet un flux en attente dans la file : il sera jugé de nouveau au prochain passage."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    relaunch(espace, flux, raison, user_name())
    console.print(f"Le flux n° {flux.id} sera jugé de nouveau par « edi run » ou « edi serve ».")


@app.command("reste")
def give_reste(
    ctx: typer.Context,
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="Numéro, identifiant de flux ou nom de fichier.")
    ],
    vers: Annotated[Path, typer.Option("--vers", metavar="DIR", help="Dossier où écrire l'archive.")],
) -> None:
    """Une archive des seuls fichiers rejetés d'un flux, avec ses constats : à corriger et à redéposer."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    with espace.engine.begin() as conn:
        if flux.rappel_de is not None:
            flux = store.get(conn, flux.rappel_de)
        if oubli := oublis.of_flux(conn, flux.id, flux.sha256):
            raise Erreur(" ".join(tell_garde(oubli, None, espace.settings.fuseau)))
        try:
            reste = make_reste(conn, espace.spool, flux, espace.settings.as_limites())
        except NoReste as why:
            raise Erreur(str(why)) from why
    path = write_aside(vers, reste.nom, reste.data)
    record_act(espace, "reste-remis", flux.nom, fichiers=len(reste.fichiers))
    many = count(len(reste.fichiers), "fichier", "fichiers")
    console.print(f"{path} : {many} à corriger.", markup=False, soft_wrap=True)
