"""``edi annuaire corrige``, ``corrections``, ``relache``: what is said by hand, and how long it lasts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from edi.annuaire.champs import SERVICE, STRUCTURE, Champ, tell_change
from edi.annuaire.rows import BOOLEENS, parse_date
from edi.cli.affichage import console, print_table
from edi.cli.espace import Erreur, open_espace, user_name
from edi.cli.rejoue import tell_cured
from edi.gestes import annuaire as gestes
from edi.identifiers import siret_is_well_formed
from edi.model import SIRET, Identifiant
from edi.model.corrections import Correction, Valeur
from edi.model.gestes import GesteRefuse
from edi.outbound.phrases import count
from edi.store import corrections

_DATES = ("debut", "fin")
_RAISON = Annotated[str, typer.Option("--raison", help="Pourquoi ; se lit dans l'histoire et le journal.")]


def correct(
    ctx: typer.Context,
    siret: Annotated[str, typer.Argument(metavar="SIRET")],
    champs: Annotated[
        list[str],
        typer.Argument(
            metavar="CHAMP=VALEUR...",
            help="oui ou non pour active, service, engagement, service-ou-engagement, travaux-seulement, "
            "emetteur-edi ; d'un service : actif, engagement, debut, fin (une date, ou rien), nom.",
        ),
    ],
    raison: _RAISON,
    service: Annotated[str, typer.Option("--service", help="Code du service à corriger.")] = "",
    ajoute: Annotated[bool, typer.Option("--ajoute", help="Ce service n'est pas dans l'annuaire.")] = False,
    jusqu_au: Annotated[
        str, typer.Option("--jusqu-au", metavar="AAAA-MM-JJ", help="Refaite après chaque import jusque-là.")
    ] = "",
) -> None:
    """Corrige une structure, ou l'un de ses services ; sans --jusqu-au, le prochain import fait foi."""
    number = "".join(siret.split())
    if not siret_is_well_formed(number):
        raise Erreur(f"« {siret} » n'est pas un SIRET : il en faut 14 chiffres")
    espace = open_espace(ctx)
    known = SERVICE if service else STRUCTURE
    said = dict(_read(text, known) for text in champs)
    until = _read_day(jusqu_au) if jusqu_au else None
    identifiant = Identifiant(SIRET, number)
    asked = Correction(identifiant, said, raison, service, ajout=ajoute, jusqu_au=until)
    try:
        gestes.correct(espace, asked, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    what = f"Service {service} de la structure" if service else "Structure"
    words = ", ".join(tell_change(name, None, value) for name, value in said.items())
    lasts = f"maintenu jusqu'au {until:%d/%m/%Y}" if until else "jusqu'au prochain import officiel"
    console.print(f"{what} {identifiant} : {words} ({lasts}).", markup=False, soft_wrap=True)
    tell_cured(espace)


def list_corrections(ctx: typer.Context) -> None:
    """Les corrections que les imports ne défont pas, et jusqu'à quand."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = corrections.standing(conn, espace.today())
    rows = [
        (
            str(one.import_id),
            one.identifiant.valeur,
            one.service,
            ", ".join(tell_change(name, None, value) for name, value in one.champs.items()),
            f"{one.jusqu_au:%d/%m/%Y}",
            one.par,
            one.raison,
        )
        for one in found
    ]
    if rows:
        print_table(("n°", "structure", "service", "correction", "jusqu'au", "par", "raison"), rows)
    else:
        console.print("Aucune correction n'est maintenue : le prochain import fait foi partout.")


def release(
    ctx: typer.Context,
    numero: Annotated[int, typer.Argument(metavar="N", max=2**31)],
    raison: _RAISON,
) -> None:
    """Ne maintient plus une correction (« edi annuaire corrections ») : le prochain import fait foi."""
    espace = open_espace(ctx)
    try:
        one = gestes.release(espace, numero, raison, user_name())
    except GesteRefuse as refused:
        raise Erreur(str(refused)) from refused
    told = f"La correction n° {numero} ({one.identifiant}) n'est plus maintenue."
    console.print(f"{told} L'annuaire la garde jusqu'au prochain import.", markup=False, soft_wrap=True)


def tell_kept(maintenues: int) -> None:
    """After an import: how many corrections it did not undo."""
    if maintenues:
        told = count(maintenues, "correction maintenue", "corrections maintenues")
        console.print(f"{told} par-dessus cet import : « edi annuaire corrections » les montre.")


def _read(text: str, known: tuple[Champ, ...]) -> tuple[str, Valeur]:
    """``engagement=non``. Raises Erreur."""
    cle, sign, written = text.partition("=")
    champ = next((one for one in known if one.cle == cle.strip()), None)
    if champ is None or not sign:
        cles = ", ".join(one.cle for one in known)
        raise Erreur(f"« {text} » ne se corrige pas : écrivez CHAMP=VALEUR, où CHAMP est {cles}")
    if champ.nom == "nom":
        return champ.nom, written.strip()
    if champ.nom in _DATES:
        return champ.nom, _read_day(written) if written.strip() else None
    value = BOOLEENS.get(written.strip().casefold())
    if value is None:
        raise Erreur(f"« {text} » : la valeur est oui ou non")
    return champ.nom, value


def _read_day(text: str) -> date:
    """Raises Erreur."""
    try:
        return parse_date(text)
    except ValueError as error:
        raise Erreur(f"« {text} » n'est pas une date ; écrivez-la jj/mm/aaaa ou aaaa-mm-jj") from error
