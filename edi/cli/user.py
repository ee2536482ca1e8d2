"""``edi user``: who may look at the console. Passwords are asked for, or read from stdin; never arguments."""

from __future__ import annotations

import getpass
import re
import sys
from typing import Annotated, Any

import structlog
import typer
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.console.mots_de_passe import find_weakness, hash_password
from edi.espace import real_now
from edi.gestes.comptes import keep_one_administrator
from edi.model import Role, Utilisateur
from edi.store import utilisateurs

app = typer.Typer(no_args_is_help=True, help="Les comptes de la console.")
log = structlog.get_logger()

ROLES = {role.libelle.lower().replace("é", "e"): role for role in Role}
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")

Login = Annotated[
    str, typer.Argument(metavar="IDENTIFIANT", help="En minuscules : lettres, chiffres, . _ @ -")
]
RoleNomme = Annotated[str, typer.Option("--role", metavar="ROLE", help=f"{', '.join(ROLES)}.")]
Deposants = Annotated[
    list[str] | None,
    typer.Option("--deposant", metavar="CODE", help="D'un fournisseur : ce qu'il voit. Répétable."),
]


@app.command("add")
def add_user(
    ctx: typer.Context,
    login: Login,
    role: RoleNomme,
    nom: Annotated[str, typer.Option(help="Le nom affiché ; sinon l'identifiant.")] = "",
    deposant: Deposants = None,
) -> None:
    """Crée un compte ; le mot de passe est demandé, ou lu sur l'entrée standard."""
    espace = open_espace(ctx)
    if not _LOGIN.fullmatch(login):
        raise Erreur(f"« {login} » : un identifiant s'écrit en minuscules, chiffres et . _ @ -")
    named, seen = read_role(role), read_deposants(espace, read_role(role), deposant or [])
    empreinte = hash_password(ask_password(login))
    try:
        with espace.engine.begin() as conn:
            made = utilisateurs.add(conn, login, nom or login, named, empreinte, real_now(), seen)
            _note(conn, espace, "cree", made)
    except IntegrityError as error:
        raise Erreur(f"le compte « {login} » existe déjà ; « edi user list » les montre") from error
    console.print(f"Compte « {login} » créé, rôle {named.libelle}{tell_seen(made)}.", markup=False)


@app.command("list")
def list_users(
    ctx: typer.Context, en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False
) -> None:
    """Les comptes, leur rôle, et s'ils sont actifs."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = utilisateurs.all_users(conn)
    if en_json:
        print_json([as_json(one) for one in found])
        return
    if not found:
        console.print("Aucun compte : « edi user add IDENTIFIANT --role administrateur » en fait un.")
        return
    rows = [
        (
            one.login,
            one.nom,
            one.role.libelle,
            ", ".join(sorted(one.deposants)),
            "actif" if one.actif else "désactivé",
            f"{one.cree_le.astimezone(espace.settings.fuseau):%d/%m/%Y}",
        )
        for one in found
    ]
    print_table(("identifiant", "nom", "rôle", "voit", "état", "créé le"), rows)


@app.command("passe")
def change_password(ctx: typer.Context, login: Login) -> None:
    """Change le mot de passe d'un compte ; ses séances ouvertes prennent fin."""
    espace = open_espace(ctx)
    who = _find(espace, login)
    empreinte = hash_password(ask_password(who.login))
    with espace.engine.begin() as conn:
        utilisateurs.change_password(conn, who, empreinte)
        _note(conn, espace, "mot-de-passe", who)
    console.print(f"Mot de passe de « {login} » changé ; ses séances ouvertes ont pris fin.", markup=False)


@app.command("sanscode")
def forget_code(ctx: typer.Context, login: Login) -> None:
    """Ne demande plus de code à usage unique : téléphone perdu. Le mot de passe reste."""
    espace = open_espace(ctx)
    who = _find(espace, login)
    with espace.engine.begin() as conn:
        utilisateurs.set_totp(conn, who, "")
        _note(conn, espace, "sans-code", who)
    console.print(f"Plus aucun code n'est demandé à « {login} ».", markup=False)


@app.command("desactive")
def deactivate_user(
    ctx: typer.Context,
    login: Login,
    annule: Annotated[bool, typer.Option("--annule", help="Rend l'accès à un compte désactivé.")] = False,
) -> None:
    """Ferme un compte (ou le rouvre) ; ses séances ouvertes prennent fin. Rien n'est effacé."""
    espace = open_espace(ctx)
    who = _find(espace, login)
    with espace.engine.begin() as conn:
        if not annule:
            keep_one_administrator(conn, who)
        utilisateurs.set_active(conn, who, actif=annule)
        _note(conn, espace, "rouvert" if annule else "ferme", who)
    console.print(f"Compte « {login} » {'rouvert' if annule else 'désactivé'}.", markup=False)


@app.command("role")
def change_role(ctx: typer.Context, login: Login, role: RoleNomme, deposant: Deposants = None) -> None:
    """Change le rôle d'un compte ; ses séances ouvertes prennent fin."""
    espace = open_espace(ctx)
    who, named = _find(espace, login), read_role(role)
    seen = read_deposants(espace, named, deposant or [])
    with espace.engine.begin() as conn:
        if named is not Role.ADMINISTRATEUR:
            keep_one_administrator(conn, who)
        utilisateurs.change_role(conn, who, named, seen)
        changed = utilisateurs.get(conn, who.id)
        _note(conn, espace, "role", changed)
    console.print(f"Compte « {login} » : rôle {named.libelle}{tell_seen(changed)}.", markup=False)


def read_role(text: str) -> Role:
    """The role of a name, with accents or without. Raises Erreur."""
    role = ROLES.get(text.strip().lower().replace("é", "e"))
    if role is None:
        raise Erreur(f"« {text} » n'est pas un rôle ; rôles : {', '.join(ROLES)}")
    return role


def read_deposants(espace: Espace, role: Role, codes: list[str]) -> list[str]:
    """What a supplier sees: déposants of the configuration. Raises Erreur."""
    if (role is Role.FOURNISSEUR) != bool(codes):
        raise Erreur("« --deposant CODE » va avec le rôle fournisseur, et avec lui seul")
    if unknown := sorted(set(codes) - set(espace.settings.deposants)):
        raise Erreur(f"déposant inconnu de config/edi.toml : {', '.join(unknown)}")
    return codes


def tell_seen(who: Utilisateur) -> str:
    """« , voit AAA123 » of a supplier."""
    return f", voit {', '.join(sorted(who.deposants))}" if who.deposants else ""


def as_json(who: Utilisateur) -> dict[str, Any]:
    """A user as ``--json`` shows it."""
    return {
        "identifiant": who.login,
        "nom": who.nom,
        "role": who.role.name,
        "deposants": sorted(who.deposants),
        "code": who.double,
        "actif": who.actif,
        "cree_le": who.cree_le,
    }


def ask_password(login: str) -> str:
    """A password good enough, typed twice at a terminal, or the first line of stdin. Raises Erreur."""
    if sys.stdin.isatty():
        password = getpass.getpass("Mot de passe : ")
        if getpass.getpass("Encore une fois : ") != password:
            raise Erreur("les deux mots de passe diffèrent")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if weakness := find_weakness(password, login):
        raise Erreur(f"mot de passe refusé : {weakness}")
    return password


def _find(espace: Espace, login: str) -> Utilisateur:
    with espace.engine.begin() as conn:
        found = utilisateurs.find(conn, login.lower())
    if found is None:
        raise Erreur(f"aucun compte « {login} » ; « edi user list » les montre")
    return found[0]


def _note(conn: Connection, espace: Espace, acte: str, who: Utilisateur) -> None:
    utilisateurs.note(conn, acte, who, user_name(), espace.now())
    log.info("account_changed", acte=acte, user=who.id, role=who.role.name, by=user_name())
