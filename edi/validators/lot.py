"""The all-or-nothing policy of a déposant: one rejected invoice rejects the lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edi.model import Card, Deposant, FactureJugee, LotJuge, Outcome, Severity
from edi.validators.wording import enumerate_all, shown

CARD = Card(
    "EDI-LOT-01",
    Severity.ERROR,
    "REJ_COH",
    "Règle propre à Navette : politique « tout ou rien » choisie par le déposant",
    "La facture n° {value} est correcte, mais le lot est refusé en entier : {raison}.",
    "Le déposant fait corriger ce qui est rejeté et dépose de nouveau le lot entier ; cette facture n'est "
    "pas à modifier.",
)

_FEW = 5


def apply_policy(lot: LotJuge, deposant: Deposant | None) -> LotJuge:
    """The lot as its déposant wants it: unchanged, or refused as a whole when anything in it is rejected."""
    if deposant is None or deposant.politique != "tout_ou_rien":
        return lot
    unread = sum(not fichier.factures for fichier in lot.fichiers)
    judged = iter(apply_all_or_nothing(lot.factures, unread))
    fichiers = tuple(
        replace(fichier, factures=tuple(next(judged) for _ in fichier.factures)) for fichier in lot.fichiers
    )
    return replace(lot, fichiers=fichiers)


def apply_all_or_nothing(
    jugees: tuple[FactureJugee, ...], fichiers_rejetes: int = 0
) -> tuple[FactureJugee, ...]:
    """The same invoices; when one of them (or a whole file) is rejected, the accepted ones are rejected too.

    Undecided invoices stay undecided: a hold never becomes a rejection.
    """
    rejected = [jugee.facture.numero for jugee in jugees if jugee.verdict.outcome is Outcome.REJECTED]
    if not rejected and not fichiers_rejetes:
        return jugees
    raison = _tell(rejected, fichiers_rejetes)

    def refuse(jugee: FactureJugee) -> FactureJugee:
        place, numero = jugee.facture.place("numero"), shown(jugee.facture.numero)
        return jugee.with_findings((CARD.at(place, numero, raison=raison),))

    return tuple(refuse(jugee) if jugee.verdict.accepted else jugee for jugee in jugees)


def _tell(rejected: Sequence[str], fichiers: int) -> str:
    named = [f"n° {shown(numero)}" for numero in rejected if numero]
    few = enumerate_all(named) if len(named) <= _FEW else ", ".join([*named[:_FEW], "…"])
    names = f" ({few})" if few else ""
    invoices = f"{len(rejected)} facture{'s' * (len(rejected) > 1)}{names}" if rejected else ""
    files = f"{fichiers} fichier{'s' * (fichiers > 1)}" if fichiers else ""
    verb = "sont rejetés" if fichiers else "sont rejetées"
    if len(rejected) + fichiers == 1:
        verb = "est rejeté" if fichiers else "est rejetée"
    return f"{enumerate_all([part for part in (invoices, files) if part])} {verb}"
