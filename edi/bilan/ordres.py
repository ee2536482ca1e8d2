"""What people are asked to do: who, what, on what, by which command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Qui(Enum):
    """Who must act."""

    EXPLOITANT = "L'exploitant"
    FOURNISSEURS = "À appeler"
    PERSONNE = "À suivre"


class Commande(NamedTuple):
    """A command to type, and what it is for; '': it shows what is told."""

    texte: str
    sens: str = ""


@dataclass(frozen=True, slots=True)
class Consigne:
    """One thing to do."""

    qui: Qui
    phrase: str
    details: tuple[str, ...] = ()
    commandes: tuple[Commande, ...] = ()


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
