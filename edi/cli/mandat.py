"""``edi mandat``: list, give, submit, sign and revoke the mandats de facturation."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

import typer

from edi.annuaire.mandats import MandatRefused, give, revoke, sign, submit
from edi.annuaire.rows import parse_date
from edi.cli.affichage import console, print_json, print_table, stderr
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.rejoue import tell_cured
from edi.identifiers import luhn_hint, siren_is_well_formed, siret_is_well_formed, siret_key_is_right
from edi.model import SIREN, SIRET, EtatMandat, Identifiant, Mandat, Saisie
from edi.settings import CODE_APPLI
from edi.store.mandats import list_mandats

app = typer.Typer(no_args_is_help=True, help="Les mandats de facturation donnés aux déposants.")

_AUTRE_TYPE = re.compile(r"([2-7]):(\S.*)")
AIDE_MANDANT = "SIRET du fournisseur (ou SIREN ; ou TYPE:IDENTIFIANT, TYPE de 2 à 7)."
_AIDE_DATE = "jj/mm/aaaa ou aaaa-mm-jj ; aujourd'hui par défaut."


def as_json(mandat: Mandat, jour: date) -> dict[str, Any]:
    """A mandat as ``--json`` shows it, with its state on ``jour``."""
    return {
        "id": mandat.id,
        "mandant_type": mandat.mandant.type,
        "mandant": mandat.mandant.valeur,
        "mandataire": mandat.mandataire,
        "etat": _etat(mandat, jour),
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
        (str(m.id), m.mandant.valeur, m.mandataire, _tell_etat(m, espace.today()), m.signataire)
        for m in found
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
    signature = _read_day(signe_le, date.min) if signe_le else None
    espace = open_espace(ctx)
    if mandataire not in espace.settings.deposants:
        _warn(f"le déposant « {mandataire} » n'est pas déclaré dans la configuration")
    jour = _read_day(du, min(signature or espace.today(), espace.today()))
    try:
        with espace.engine.begin() as conn:
            mandat = give(
                conn,
                identifiant,
                mandataire,
                jour,
                _saisie(espace),
                signature,
                signataire,
                soumis=not souscrit,
            )
    except MandatRefused as refused:
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
    espace = open_espace(ctx)
    try:
        with espace.engine.begin() as conn:
            mandat = submit(conn, mandat_id, _read_day(le, espace.today()), _saisie(espace))
    except MandatRefused as refused:
        raise Erreur(str(refused)) from refused
    tell(mandat, espace.today())


@app.command("sign")
def sign_one(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    le: Annotated[str, typer.Option(help=_AIDE_DATE)] = "",
    signataire: Annotated[str, typer.Option(help="Qui signe pour le fournisseur.")] = "",
) -> None:
    """Enregistre la signature d'un mandat : il est actif dès ce jour."""
    espace = open_espace(ctx)
    try:
        with espace.engine.begin() as conn:
            mandat = sign(conn, mandat_id, _read_day(le, espace.today()), _saisie(espace), signataire)
    except MandatRefused as refused:
        raise Erreur(str(refused)) from refused
    tell(mandat, espace.today())
    tell_cured(espace)


@app.command("revoke")
def revoke_one(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    le: Annotated[str, typer.Option(help=_AIDE_DATE)] = "",
) -> None:
    """Révoque un mandat : il ne vaut plus dès ce jour."""
    espace = open_espace(ctx)
    try:
        with espace.engine.begin() as conn:
            mandat = revoke(conn, mandat_id, _read_day(le, espace.today()), _saisie(espace))
    except MandatRefused as refused:
        raise Erreur(str(refused)) from refused
    tell(mandat, espace.today())


def _saisie(espace: Espace) -> Saisie:
    """Now, by whoever typed the command."""
    return Saisie(espace.now(), user_name())


def read_mandant(text: str) -> Identifiant:
    """Raises Erreur."""
    digits = "".join(text.split())
    if siret_is_well_formed(digits):
        hint = luhn_hint(digits)
        if not siret_key_is_right(digits):
            meant = f" ; peut-être fallait-il écrire {hint}" if hint else ""
            _warn(f"la clé du SIRET {digits} est fausse{meant}")
        return Identifiant(SIRET, digits)
    if siren_is_well_formed(digits):
        return Identifiant(SIREN, digits)
    if found := _AUTRE_TYPE.fullmatch(text.strip()):
        return Identifiant(found[1], found[2])
    raise Erreur(f"« {text} » n'est ni un SIRET (14 chiffres), ni un SIREN (9 chiffres), ni TYPE:IDENTIFIANT")


def _read_day(text: str, default: date) -> date:
    """Raises Erreur."""
    try:
        return parse_date(text) if text else default
    except ValueError as error:
        raise Erreur(f"« {text} » n'est pas une date ; écrivez-la jj/mm/aaaa ou aaaa-mm-jj") from error


def _etat(mandat: Mandat, jour: date) -> str:
    etat = mandat.etat_le(jour)
    return "À venir" if etat is None else etat.value


def _tell_etat(mandat: Mandat, jour: date) -> str:
    """``Actif depuis le 12/03/2026, révoqué le 30/06/2026``."""
    etat = mandat.etat_le(jour)
    if etat is None:
        return f"{_etat(mandat, jour)}, le {mandat.cree_le:%d/%m/%Y}"
    reached = {
        EtatMandat.REVOQUE: mandat.revoque_le,
        EtatMandat.ACTIF: mandat.signe_le,
        EtatMandat.EN_COURS_DE_VALIDATION: mandat.soumis_le,
    }
    told = f"{etat.value} depuis le {reached.get(etat) or mandat.cree_le:%d/%m/%Y}"
    coming = ((mandat.signe_le, "signé"), (mandat.revoque_le, "révoqué"))
    return ", ".join([told, *(f"{word} le {le:%d/%m/%Y}" for le, word in coming if le and le > jour)])


def tell(mandat: Mandat, jour: date) -> None:
    donne = f"donné par {mandat.mandant} à {mandat.mandataire}"
    text = f"Mandat n° {mandat.id} {donne} : {_tell_etat(mandat, jour)}."
    console.print(text, markup=False, soft_wrap=True)


def _warn(text: str) -> None:
    stderr.print(f"Attention : {text}.", markup=False, soft_wrap=True)
