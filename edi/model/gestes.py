"""What people do, and how it is refused."""

from __future__ import annotations


class GesteRefuse(Exception):
    """An act that cannot be done; its text is a French sentence that says why, and what to do."""


class RaisonManquante(GesteRefuse):
    """An act for which no reason was given; nothing else is wrong with it so far."""


def read_reason(text: str) -> str:
    """The reason of an act, on one line. Raises RaisonManquante."""
    raison = " ".join(text.split())
    if not raison:
        raise RaisonManquante("Dites pourquoi : la raison est écrite au journal avec votre nom.")
    return raison
