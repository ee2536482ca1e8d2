"""``edi facture recycle|complete|acquitte``: what is done about an invoice that came back."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edi import wiring
from edi.antivirus import INFECTE, SAIN
from edi.assemblage import make_settlement
from edi.cli.affichage import console, print_table
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.lifecycle.advance import LostRace
from edi.model import FactureDeposee, FactureStatut, Severity
from edi.relecture import Relecture
from edi.reprise import Piece, RepriseRefused, Reprises
from edi.store import factures
from edi.validators.scenarios import INTERFACES

NUMERO = Annotated[str, typer.Argument(metavar="NUMERO", help="Numéro de la facture.")]
FOURNISSEUR = Annotated[
    str, typer.Option("--fournisseur", help="SIRET ou SIREN, si plusieurs factures ont ce numéro.")
]
COMMENTAIRE = Annotated[str, typer.Option("--commentaire", help="Ce qui est dit avec, en clair.")]


def recycle(
    ctx: typer.Context,
    numero: NUMERO,
    siret: Annotated[str | None, typer.Option("--siret", help="SIRET du bon destinataire.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Code du bon service.")] = None,
    engagement: Annotated[str | None, typer.Option("--engagement", help="Bon numéro d'engagement.")] = None,
    commentaire: COMMENTAIRE = "",
    fournisseur: FOURNISSEUR = "",
    a_blanc: Annotated[bool, typer.Option("--a-blanc", help="Montrer, ne rien changer.")] = False,
) -> None:
    """Renvoie une facture à recycler au bon destinataire, sous le même numéro."""
    espace = open_espace(ctx)
    facture = find_accepted(espace, numero, fournisseur)
    with _refusals():
        found = make_reprises(espace).recycle(
            facture,
            siret=siret,
            service=service,
            engagement=engagement,
            commentaire=commentaire,
            valider=not a_blanc,
        )
    avant, apres = found
    rows = [
        ("Destinataire", str(avant.destinataire.identifiant), str(apres.destinataire.identifiant)),
        ("Service", avant.service, apres.service),
        ("Engagement", avant.engagement, apres.engagement),
    ]
    print_table(("", "avant", "après"), [row for row in rows if row[1] != row[2]], f"Facture {numero}")
    if a_blanc:
        console.print("À blanc : rien n'est changé.")
    else:
        console.print(
            f"La facture {numero} est recyclée. Le prochain passage (« edi run ») la remet et le dit."
        )


def complete(
    ctx: typer.Context,
    numero: NUMERO,
    pieces: Annotated[
        list[Path] | None, typer.Option("--piece", exists=True, dir_okay=False, help="Fichier à joindre.")
    ] = None,
    commentaire: COMMENTAIRE = "",
    fournisseur: FOURNISSEUR = "",
) -> None:
    """Complète une facture suspendue : pièces jointes, commentaire."""
    espace = open_espace(ctx)
    facture = find_accepted(espace, numero, fournisseur)
    read = [_read(espace, path) for path in pieces or ()]
    with _refusals():
        odd = make_reprises(espace).complete(facture, read, commentaire)
    if odd:
        print_table(("code", "constat", "que faire"), [(f.code, f.message, f.fix) for f in odd])
    told = ", ".join([one.nom for one in read] + (["un commentaire"] if commentaire.strip() else []))
    console.print(
        f"La facture {numero} est complétée ({told}). Le prochain passage (« edi run ») la remet et le dit.",
        markup=False,
    )


def acquitte(ctx: typer.Context, numero: NUMERO, fournisseur: FOURNISSEUR = "") -> None:
    """Acquitte le rejet ou la suspension d'une facture : il a été vu."""
    espace = open_espace(ctx)
    facture = find_accepted(espace, numero, fournisseur)
    with _refusals():
        new = make_reprises(espace).acknowledge(facture)
    statut = facture.statut.court if facture.statut else ""
    console.print(
        f"« {statut} » de la facture {numero} : {'acquitté' if new else 'déjà acquitté, rien ne change'}."
    )


def find_accepted(espace: Espace, numero: str, fournisseur: str) -> FactureDeposee:
    """The accepted invoice of a number. Raises Erreur when there is none, or more than one."""
    with espace.engine.begin() as conn:
        _, found = factures.search(conn, text=numero, limit=1_000)
    meant = [
        facture
        for facture, _ in found
        if facture.numero == numero
        and facture.statut not in (None, FactureStatut.NON_CONFORME)
        and (not fournisseur or facture.fournisseur.identifiant.valeur.startswith(fournisseur))
    ]
    if not meant:
        raise Erreur(f"aucune facture acceptée ne porte le numéro « {numero} »")
    if len(meant) > 1:
        named = ", ".join(sorted({facture.fournisseur.identifiant.valeur for facture in meant}))
        raise Erreur(f"plusieurs factures portent ce numéro : précisez --fournisseur ({named})")
    return meant[0]


def make_reprises(espace: Espace) -> Reprises:
    """The hand of an operator, as the configuration of the workspace asks for it."""
    settings = espace.settings
    return Reprises(
        base=espace.engine,
        relecture=Relecture(espace.spool, INTERFACES, settings.as_limites()),
        settlement=make_settlement(espace),
        deposants=settings.deposants,
        politique=settings.as_politique(),
        fuseau=settings.fuseau,
        now=espace.now,
        par=user_name(),
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """What is refused, told as any mistake of the user; its findings as a table before it."""
    try:
        yield
    except RepriseRefused as refused:
        if refused.findings:
            rows = [(f.code, f.message, f.fix) for f in refused.findings if f.severity >= Severity.HOLD]
            print_table(("code", "constat", "que faire"), rows)
        raise Erreur(f"rien n'est changé : {refused}") from refused
    except LostRace as lost:
        raise Erreur("rien n'est changé : le statut de la facture vient de changer, recommencez") from lost


def _read(espace: Espace, path: Path) -> Piece:
    """A file as it is attached, once the antivirus has seen it. Raises Erreur."""
    data = path.read_bytes()
    scanner = wiring.make_scanner(espace.settings)
    if scanner is not None:
        seen = scanner((data,))
        if seen.etat == INFECTE:
            raise Erreur(f"« {path.name} » est infecté ({seen.signature}) : rien n'est joint")
        if seen.etat != SAIN:
            raise Erreur("l'antivirus ne répond pas : rien n'est joint, recommencez plus tard")
    return Piece(path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", data)
