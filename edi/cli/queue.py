"""``edi queue``: what waits, by sender and stage, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from edi.alertes.tableau import deadline_of, held_by_operator
from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import Espace, open_espace
from edi.model import TOUT, Attente, ErrorClass, FluxStatut
from edi.model.retenues import Retenue
from edi.retries import DELAIS, EMISSION
from edi.store import comptes, retenues
from edi.store.comptes import EnAttente

RECEPTION = "RECEPTION"
# Age of what waits, at most; the last column is open.
TRANCHES = (
    ("5 min", timedelta(minutes=5)),
    ("15 min", timedelta(minutes=15)),
    ("1 h", timedelta(hours=1)),
    ("4 h", timedelta(hours=4)),
    ("1 jour", timedelta(days=1)),
)


def queue(
    ctx: typer.Context,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Ce qui attend, par déposant et par étape : combien, depuis quand, qui doit agir."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        waiting = comptes.waiting(conn)
        held = retenues.current(conn, TOUT, espace.now())
    now = espace.now()
    if en_json:
        print_json([{**one._asdict(), "echeance": deadline_of(one)} for one in waiting])
        return
    for line in _tell_held(held, espace):
        console.print(line, markup=False, soft_wrap=True)
    if not waiting:
        console.print("Rien n'attend.")
        return
    columns = ("déposant", "étape", "total", *(f"≤ {nom}" for nom, _ in TRANCHES), "plus", "à suivre")
    print_table(columns, list(_rows(waiting, now, espace)))
    late = sum(end < now for one in waiting if (end := deadline_of(one)) is not None)
    if late:
        console.print(f"{late} au-delà de l'échéance de son étape : voir « edi flux list --en-attente ».")


def _tell_held(held: Sequence[Retenue], espace: Espace) -> Iterator[str]:
    """What operators keep from being judged, whether anything waits because of it or not."""
    for one in held:
        end = f"{one.jusqu.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M}"
        what = f"flux n° {one.flux_id}" if one.flux_id else "tous ses nouveaux dépôts"
        yield f"Retenu jusqu'au {end} par {one.par} : {one.appli}, {what} ({one.raison})."


def bucket(age: timedelta) -> int:
    """Which column an age falls into, from 0."""
    return sum(age > most for _, most in TRANCHES)


def _rows(waiting: Sequence[EnAttente], now: datetime, espace: Espace) -> list[tuple[str, ...]]:
    groups: dict[tuple[str, str, str], list[EnAttente]] = {}
    for one in waiting:
        groups.setdefault((one.appli, one.etape, one.raison), []).append(one)
    rows = [("TOTAL", "", *_counts(waiting, now), "")]
    for (appli, etape, raison), some in sorted(groups.items()):
        rows.append((appli, _stage(etape, raison), *_counts(some, now), _next(some, now, espace)))
    return rows


def _counts(some: Sequence[EnAttente], now: datetime) -> tuple[str, ...]:
    many = [0] * (len(TRANCHES) + 1)
    for one in some:
        many[bucket(now - one.depuis)] += 1
    return (str(len(some)), *(str(n) if n else "" for n in many))


def _stage(etape: str, raison: str) -> str:
    if etape == RECEPTION:
        return f"En réception ({Attente[raison].libelle})"
    if etape == "EMISSION":
        return "Réponse à émettre"
    libelle = FluxStatut[etape].libelle
    return f"{libelle} ({ErrorClass[raison].value})" if raison else libelle


def _next(some: Sequence[EnAttente], now: datetime, espace: Espace) -> str:
    """Who acts next, or when we try again."""
    first = some[0]
    if first.etape == RECEPTION:
        return "le déposant"
    tries = [one.prochain_essai for one in some if one.prochain_essai is not None]
    if tries and held_by_operator(first):
        return f"retenu, repart le {min(tries).astimezone(espace.settings.fuseau):%d/%m à %H:%M}"
    if tries:
        at = min(tries).astimezone(espace.settings.fuseau)
        return (
            f"nouvel essai le {at:%d/%m à %H:%M}" if min(tries) > now else "nouvel essai au prochain passage"
        )
    if first.etape == FluxStatut.EN_ATTENTE.name:
        return "un exploitant : « edi flux relancer »"
    delai = EMISSION if first.etape == "EMISSION" else DELAIS[FluxStatut[first.etape]]
    return delai.qui
