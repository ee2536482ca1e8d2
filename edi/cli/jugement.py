"""``edi jugement``: undecided invoices are judged by hand, by two persons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from edi.cli.affichage import console, print_json, print_table
from edi.cli.designation import find_flux
from edi.cli.espace import Raison, open_espace, user_name
from edi.gestes.jugement_main import ISSUES, answer, propose
from edi.model import TOUT
from edi.store import flux as flux_store
from edi.store import jugements_main as store
from edi.store.database import reading

app = typer.Typer(no_args_is_help=True, help="Juger à la main, à deux, ce que la plateforme ne peut juger.")
Numero = Annotated[int, typer.Argument(metavar="N°", help="Numéro du jugement : « edi jugement list ».")]

_MOST = 1_000


@app.command("list")
def list_all(
    ctx: typer.Context,
    flux: Annotated[str, typer.Option("--flux", metavar="ID", help="Ce qui attend dans ce flux.")] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les jugements à confirmer ; avec --flux, les factures d'un flux qui attendent, et leur numéro."""
    espace = open_espace(ctx)
    if flux:
        one = find_flux(espace, flux)
        with reading(espace.engine) as conn:
            waiting = store.undecided(conn, one.id)
        if en_json:
            print_json([{**asdict(w), "jugeable": w.jugeable} for w in waiting])
            return
        rows = [
            (
                str(w.id),
                w.numero,
                w.fichier,
                " ; ".join(f"{d.code} : {d.message}" for d in w.retiennent),
                "oui" if w.jugeable else "non",
            )
            for w in waiting
        ]
        print_table(("n°", "facture", "fichier", "attend parce que", "se juge à la main"), rows)
        return
    with reading(espace.engine) as conn:
        found = store.unanswered(conn, TOUT, _MOST)
    if en_json:
        print_json([asdict(one.jugement) for one in found])
        return
    lines = [
        (
            str(j.id),
            str(flux_.id),
            j.numero or j.fichier,
            f"{ISSUES[j.issue]} {j.motif}".strip(),
            j.raison,
            j.propose_par,
        )
        for j, flux_ in found
    ]
    print_table(("n°", "flux", "facture", "proposée", "raison", "par"), lines)
    if not lines:
        console.print("Aucun jugement à confirmer.")


@app.command("propose")
def propose_one(
    ctx: typer.Context,
    numero: Annotated[
        int, typer.Argument(metavar="N°", help="Numéro de ce qui attend : « edi jugement list --flux ID ».")
    ],
    acceptee: Annotated[bool, typer.Option("--acceptee", help="Ce qui la retient est sans objet.")] = False,
    motif: Annotated[
        str, typer.Option("--rejetee", metavar="MOTIF", help="La rejeter pour ce motif : REJ_SEMAN…")
    ] = "",
    raison: Raison = "",
) -> None:
    """Propose d'accepter ou de rejeter une facture qui attend ; une autre personne doit confirmer."""
    espace = open_espace(ctx)
    issue = "" if acceptee == bool(motif) else "acceptee" if acceptee else "rejetee"
    said = propose(espace, numero, issue, motif.upper(), raison, user_name())
    console.print(f"Jugement n° {said.id} proposé ; une autre personne doit le confirmer.")


@app.command("confirme")
def confirm_one(ctx: typer.Context, numero: Numero, raison: Raison = "") -> None:
    """Confirme le jugement qu'une autre personne a proposé ; le flux est jugé au prochain passage."""
    espace = open_espace(ctx)
    said = answer(espace, numero, True, raison, user_name())
    with reading(espace.engine) as conn:
        flux = flux_store.get(conn, said.flux_id)
    console.print(f"Jugement n° {numero} confirmé : le flux n° {flux.id} est jugé au prochain passage.")


@app.command("refuse")
def refuse_one(ctx: typer.Context, numero: Numero, raison: Raison = "") -> None:
    """Refuse un jugement proposé (ou retire le sien) : la facture attend toujours."""
    espace = open_espace(ctx)
    answer(espace, numero, False, raison, user_name())
    console.print(f"Jugement n° {numero} refusé : la facture attend toujours.")
