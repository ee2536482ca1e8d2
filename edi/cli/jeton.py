"""``edi jeton``: the tokens by which programs ask the API. A secret is shown once, and kept nowhere."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.user import Deposants, RoleNomme, read_deposants, read_role
from edi.espace import real_now
from edi.gestes.jetons import DUREE, create_jeton, revoke_jeton
from edi.model import Jeton
from edi.model.gestes import GesteRefuse
from edi.store import jetons
from edi.store.database import reading

app = typer.Typer(no_args_is_help=True, help="Les jetons des programmes qui interrogent l'API.")

Nom = Annotated[str, typer.Argument(metavar="NOM", help="Le programme : minuscules, chiffres, . _ -")]


@app.command("create")
def create(
    ctx: typer.Context,
    nom: Nom,
    role: RoleNomme,
    deposant: Deposants = None,
    jours: Annotated[int, typer.Option(help="Combien de jours il sert.")] = DUREE,
) -> None:
    """Crée un jeton et le montre, cette seule fois."""
    espace = open_espace(ctx)
    named = read_role(role)
    seen = read_deposants(espace, named, deposant or [])
    try:
        made, secret = create_jeton(espace, nom, named, seen, jours, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    until = f"{made.expire_le.astimezone(espace.settings.fuseau):%d/%m/%Y}"
    voit = f", voit {', '.join(sorted(made.deposants))}" if made.deposants else ""
    console.print(
        f"Jeton « {nom} » créé, rôle {named.libelle}{voit} ; il sert jusqu'au {until}.\n"
        "Notez-le maintenant, il ne sera plus montré :\n",
        markup=False,
        soft_wrap=True,
    )
    console.print(secret, markup=False, soft_wrap=True)


@app.command("list")
def list_all(
    ctx: typer.Context, en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False
) -> None:
    """Les jetons, ce qu'ils voient, leur dernier usage."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        found = jetons.all_tokens(conn)
    if en_json:
        print_json([as_json(one) for one in found])
        return
    if not found:
        console.print("Aucun jeton : « edi jeton create NOM --role lecture » en fait un.")
        return
    columns = ("nom", "rôle", "voit", "créé le", "par", "dernier usage", "état")
    print_table(columns, [_row(espace, one) for one in found])


@app.command("revoke")
def revoke(ctx: typer.Context, nom: Nom) -> None:
    """Révoque un jeton : il n'ouvre plus rien."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        found = jetons.find_named(conn, nom)
    if found is None:
        raise Erreur(f"aucun jeton « {nom} » ; « edi jeton list » les montre")
    try:
        revoke_jeton(espace, found, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    console.print(f"Jeton « {nom} » révoqué.", markup=False)


def as_json(one: Jeton) -> dict[str, Any]:
    """A token as ``--json`` shows it."""
    return {
        "nom": one.nom,
        "role": one.role.name,
        "deposants": sorted(one.deposants),
        "cree_le": one.cree_le,
        "cree_par": one.cree_par,
        "expire_le": one.expire_le,
        "utilise_le": one.utilise_le,
        "revoque_le": one.revoque_le,
        "revoque_par": one.revoque_par,
    }


def _row(espace: Espace, one: Jeton) -> tuple[str, ...]:
    zone = espace.settings.fuseau
    if one.revoque_le is not None:
        etat = f"révoqué le {one.revoque_le.astimezone(zone):%d/%m/%Y}"
    else:
        word = "sert jusqu'au" if one.is_valid(real_now()) else "expiré le"
        etat = f"{word} {one.expire_le.astimezone(zone):%d/%m/%Y}"
    used = f"{one.utilise_le.astimezone(zone):%d/%m/%Y %H:%M}" if one.utilise_le else "jamais"
    made = f"{one.cree_le.astimezone(zone):%d/%m/%Y}"
    return (one.nom, one.role.libelle, ", ".join(sorted(one.deposants)), made, one.cree_par, used, etat)
