"""``edi mandat``: list, give, submit, sign and revoke the mandats de facturation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from edi.annuaire import mandats
from edi.annuaire.portail import name_etat, tell_etat
from edi.annuaire.rows import parse_date
from edi.cli.affichage import console, print_json, print_table, stderr
from edi.cli.espace import Erreur, open_espace, user_name
from edi.cli.rejoue import tell_cured
from edi.gestes import mandats as gestes
from edi.identifiers import luhn_hint, siret_key_is_right
from edi.model import SIRET, ActeMandat, Identifiant, Mandat
from edi.model.gestes import GesteRefuse
from edi.model.mandats import DemandeMandat, Souscription
from edi.settings import CODE_APPLI
from edi.store.mandats import list_mandats

app = typer.Typer(no_args_is_help=True, help="Les mandats de facturation donnés aux déposants.")

AIDE_MANDANT = "SIRET du fournisseur (ou SIREN ; ou TYPE:IDENTIFIANT, TYPE de 2 à 7)."
_AIDE_DATE = "jj/mm/aaaa ou aaaa-mm-jj ; aujourd'hui par défaut."


def as_json(mandat: Mandat, jour: date) -> dict[str, Any]:
    """A mandat as ``--json`` shows it, with its state on ``jour``."""
    return {
        "id": mandat.id,
        "mandant_type": mandat.mandant.type,
        "mandant": mandat.mandant.valeur,
        "mandataire": mandat.mandataire,
        "etat": name_etat(mandat, jour),
        "cree_le": mandat.cree_le,
        "signe_le": mandat.signe_le,
        "revoque_le": mandat.revoque_le,
        "signataire": mandat.signataire,
        "soumis_le": mandat.soumis_le,
    }


@app.command("list")
def list_all(
    ctx: typer.Context,
    mandant: Annotated[str, typer.Option(help=AIDE_MANDANT)] = "",
    mandataire: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les mandats et leur état d'aujourd'hui."""
    wanted = read_mandant(mandant) if mandant else None
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = list_mandats(conn, wanted, mandataire)
    if en_json:
        print_json([as_json(mandat, espace.today()) for mandat in found])
        return
    columns = ("n°", "mandant", "mandataire", "état", "signataire")
    rows = [
        (str(m.id), m.mandant.valeur, m.mandataire, tell_etat(m, espace.today()), m.signataire) for m in found
    ]
    print_table(columns, rows)


@app.command("add")
def add(
    ctx: typer.Context,
    mandant: Annotated[str, typer.Option(help=AIDE_MANDANT)],
    mandataire: Annotated[str, typer.Option(help="Code appli du déposant, par exemple AAA123.")],
    du: Annotated[
        str, typer.Option(help="Jour de sa création ; aujourd'hui par défaut, ou le jour de la signature.")
    ] = "",
    signe_le: Annotated[str, typer.Option(help="Jour de la signature, si elle est acquise.")] = "",
    signataire: Annotated[str, typer.Option(help="Qui signe pour le fournisseur.")] = "",
    souscrit: Annotated[
        bool, typer.Option("--souscrit", help="Souscrit seulement : pas encore envoyé à la signature.")
    ] = False,
) -> None:
    """Enregistre un mandat ; sans --signe-le ni --souscrit, il est en cours de validation."""
    identifiant = read_mandant(mandant)
    if CODE_APPLI.fullmatch(mandataire) is None:
        raise Erreur(f"« {mandataire} » n'est pas un code appli : trois lettres capitales et trois chiffres")
    signature = _read_day(signe_le) if signe_le else None
    espace = open_espace(ctx)
    if mandataire not in espace.settings.deposants:
        _warn(f"le déposant « {mandataire} » n'est pas déclaré dans la configuration")
    asked = Souscription(
        identifiant,
        mandataire,
        _read_day(du) if du else None,
        soumis=not souscrit,
        signe_le=signature,
        signataire=signataire,
    )
    try:
        mandat = gestes.give(espace, asked, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    tell(mandat, espace.today())
    tell_cured(espace)


@app.command("submit")
def submit_one(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    le: Annotated[str, typer.Option(help=_AIDE_DATE)] = "",
) -> None:
    """Envoie à la signature un mandat souscrit : il est en cours de validation dès ce jour."""
    _act(ctx, DemandeMandat(mandat_id, ActeMandat.SOUMIS, _read_day(le) if le else None))


@app.command("sign")
def sign_one(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    le: Annotated[str, typer.Option(help=_AIDE_DATE)] = "",
    signataire: Annotated[str, typer.Option(help="Qui signe pour le fournisseur.")] = "",
) -> None:
    """Enregistre la signature d'un mandat : il est actif dès ce jour."""
    _act(
        ctx,
        DemandeMandat(mandat_id, ActeMandat.SIGNE, _read_day(le) if le else None, signataire=signataire),
        cures=True,
    )


@app.command("revoke")
def revoke_one(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    raison: Annotated[str, typer.Option(help="Pourquoi ; se lit dans son histoire.")],
    le: Annotated[str, typer.Option(help=_AIDE_DATE)] = "",
) -> None:
    """Révoque un mandat : il ne vaut plus dès ce jour."""
    _act(ctx, DemandeMandat(mandat_id, ActeMandat.REVOQUE, _read_day(le) if le else None, raison=raison))


def _act(ctx: typer.Context, asked: DemandeMandat, *, cures: bool = False) -> None:
    espace = open_espace(ctx)
    try:
        mandat = gestes.act(espace, asked, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    tell(mandat, espace.today())
    if cures:
        tell_cured(espace)


def read_mandant(text: str) -> Identifiant:
    """Raises Erreur."""
    try:
        found = mandats.read_mandant(text)
    except mandats.MandatRefused as refused:
        raise Erreur(str(refused)) from refused
    if found.type == SIRET and not siret_key_is_right(found.valeur):
        hint = luhn_hint(found.valeur)
        meant = f" ; peut-être fallait-il écrire {hint}" if hint else ""
        _warn(f"la clé du SIRET {found.valeur} est fausse{meant}")
    return found


def _read_day(text: str) -> date:
    """Raises Erreur."""
    try:
        return parse_date(text)
    except ValueError as error:
        raise Erreur(f"« {text} » n'est pas une date ; écrivez-la jj/mm/aaaa ou aaaa-mm-jj") from error


def tell(mandat: Mandat, jour: date) -> None:
    donne = f"donné par {mandat.mandant} à {mandat.mandataire}"
    text = f"Mandat n° {mandat.id} {donne} : {tell_etat(mandat, jour)}."
    console.print(text, markup=False, soft_wrap=True)


def _warn(text: str) -> None:
    stderr.print(f"Attention : {text}.", markup=False, soft_wrap=True)
