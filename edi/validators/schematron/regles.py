"""The cards of ``schemas/regles/*.toml``: one per rule, or one per family of rules, read once and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edi.resources import locate

WHO = {
    "fournisseur": "Le fournisseur",
    "editeur": "L'éditeur du logiciel de facturation",
    "deposant": "Le déposant",
    "emetteur": "L'émetteur du message de cycle de vie",
}
AGAIN = ", puis le déposant dépose de nouveau la facture"
RESEND = ", puis l'envoie de nouveau"  # for who sent a message of cycle de vie: nothing was deposited
# reasons that a status 213 (rejetée) may bear
MOTIFS = frozenset(
    "MONTANTTOTAL_ERR CALCUL_ERR DOUBLON DEST_INC ADR_ERR REJ_SEMAN REJ_UNI REJ_COH REJ_ADR REJ_CONT_B2G"
    " REJ_REF_PJ REJ_ASS_PJ".split()
)
DEFAULT_MOTIF = "REJ_SEMAN"
_SHAPES = ("id", "sauf", "texte", "test")  # regexes that a family is known by


class CardRefused(Exception):
    """A card of ``schemas/regles`` is not written as it must be. For us to mend."""


@dataclass(frozen=True, slots=True)
class Carte:
    """What a card says, before the words of the rule that failed are put in."""

    titre: str = ""
    terme: str = ""
    attendu: str = ""
    qui: str = ""
    fix: str = ""
    motif: str = DEFAULT_MOTIF
    valeur: tuple[str, ...] = ()
    avis: bool = False
    codes: bool = False


@dataclass(frozen=True, slots=True)
class Famille:
    """A card for all rules whose id, and sometimes official sentence or test, are of one shape."""

    id: re.Pattern[str]
    carte: Carte
    sauf: re.Pattern[str] | None = None
    texte: re.Pattern[str] | None = None
    test: re.Pattern[str] | None = None
    mots: tuple[tuple[str, str], ...] = ()  # (table of words, group of the id that is its key)
    comme: str = ""  # id of the rule whose card is taken
    code: str = ""  # name of ours for what the sheet leaves without id
    defaut: bool = False  # only when no other family is

    @property
    def is_simple(self) -> bool:
        """Known by the id alone."""
        return self.texte is None and self.test is None


@dataclass(frozen=True, slots=True)
class Regles:
    """All cards, families, and tables of words."""

    cartes: Mapping[str, Carte]
    familles: tuple[Famille, ...]
    mots: Mapping[str, Mapping[str, Mapping[str, str]]]


@cache
def load() -> Regles:
    """Every file of ``schemas/regles``. Raises CardRefused for a card that is not as it must be."""
    cartes: dict[str, Carte] = {}
    familles: list[Famille] = []
    mots: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for path in sorted(locate("schemas", "regles").glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        for name, table in data.pop("mots", {}).items():
            mots[name] = _once(name, mots, table)
        familles += (_family(entry, path.name) for entry in data.pop("famille", ()))
        for name, entry in data.items():
            cartes[name] = _once(name, cartes, _card(name, entry))
    return Regles(cartes, tuple(familles), mots)


def _once(name: str, known: Mapping[str, Any], value: Any) -> Any:
    if name in known:
        raise CardRefused(f"{name} is written twice in schemas/regles")
    return value


def _family(entry: dict[str, Any], file: str) -> Famille:
    shapes: dict[str, Any] = {key: re.compile(entry.pop(key)) for key in _SHAPES if key in entry}
    rest = {key: entry.pop(key) for key in ("comme", "code", "defaut") if key in entry}
    mots = tuple(entry.pop("mots", {}).items())
    name = f"{file}: {shapes['id'].pattern}"
    card = Carte(**_fields(entry)) if rest.get("comme") else _card(name, entry)
    return Famille(carte=card, mots=mots, **shapes, **rest)


def _card(name: str, entry: Mapping[str, Any]) -> Carte:
    card = Carte(**_fields(entry))
    if card.qui not in WHO or card.motif not in MOTIFS or not (card.titre and card.attendu and card.fix):
        raise CardRefused(f"{name}: titre, attendu, fix, qui and motif must be given and known")
    return card


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "valeur": tuple(entry.get("valeur", ()))}
