"""What every answer and every address of the API is made of: amounts, instants, numbers, pages, cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import HTTPException, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

T = TypeVar("T")
E = TypeVar("E")

_CHIFFRES = "0123456789abcdefghijklmnopqrstuvwxyz"
_LE_PLUS = 2**31 - 1  # of a number in the database


class Valeur(BaseModel):
    """Something that is answered; its fields are always all there."""

    model_config = ConfigDict(frozen=True)


Montant = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    Field(description="Montant décimal, en texte : « 1234.50 »."),
]
Instant = Annotated[
    datetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    Field(description="Instant ISO 8601, en temps universel."),
]
Numero = Annotated[int, Path(ge=1, le=_LE_PLUS, description="Numéro donné par Navette.")]
Appli = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,40}$", description="Code appli d'un déposant.")]
Curseur = Annotated[
    str,
    Query(
        pattern="^[0-9a-z]{0,6}$",
        description="« suivant » de la page précédente ; vide pour la première page.",
    ),
]
CurseurTexte = Annotated[
    str,
    Query(
        pattern="^([0-9a-f]{2}){0,400}$",
        description="« suivant » de la page précédente ; vide pour la première page.",
    ),
]


def texte(description: str, *, vide: bool = True) -> Any:
    """A text of an address: no control character, for a database refuses some of them."""
    return Query(
        min_length=0 if vide else 1, max_length=200, pattern=r"^[^\x00-\x1f]*$", description=description
    )


class Page(Valeur, Generic[T]):
    """Une page d'une liste."""

    elements: list[T]
    suivant: str | None = Field(description="Curseur de la page suivante ; null : il n'y en a pas.")


def write_cursor(place: int) -> str:
    """The opaque text of a place in a list: an id, or a rank."""
    text = ""
    while place:
        place, rest = divmod(place, 36)
        text = _CHIFFRES[rest] + text
    return text or "0"


def read_cursor(cursor: str) -> int:
    """The place that a cursor stands for; 0 for the beginning."""
    return int(cursor, 36) if cursor else 0


def write_place(place: str) -> str:
    """The opaque text of a place in a list that is in the order of a text."""
    return place.encode().hex()


def read_place(cursor: str) -> str:
    """The place that a cursor stands for; '' for the beginning. Raises HTTPException."""
    try:
        place = bytes.fromhex(cursor).decode()
    except ValueError:
        raise refuse_cursor() from None
    if not place.isprintable():  # none of ours, and some databases refuse it
        raise refuse_cursor()
    return place


def cut(found: Sequence[E], limit: int, show: Callable[[E], T], place: Callable[[E], int]) -> Page[T]:
    """A page of what was asked for with one more than is shown; ``place``: the id of an element."""
    more = len(found) > limit
    suivant = write_cursor(place(found[limit - 1])) if more else None
    return Page(elements=[show(one) for one in found[:limit]], suivant=suivant)


def slice_of(found: Sequence[E], cursor: str, limit: int, show: Callable[[E], T]) -> Page[T]:
    """A page of what is all there, cut by rank."""
    begin = read_cursor(cursor)
    end = begin + limit
    suivant = write_cursor(end) if end < len(found) else None
    return Page(elements=[show(one) for one in found[begin:end]], suivant=suivant)


def refuse_cursor() -> HTTPException:
    """For a cursor that is of no page of the list."""
    return HTTPException(404, "Ce curseur ne vient pas de cette liste : recommencez à la première page.")
