"""Lines: quantity by price, less allowances, is the amount of the line. No official rule looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from edi.model import Card, LigneFacture, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import euros, plain

_CENT = Decimal("0.01")
_TOLERANCE = Decimal("0.02")  # allowances and the line itself are each rounded to the cent
_LARGEST = 24  # digits before the point above which arithmetic would be absurd


def _due(line: LigneFacture) -> Decimal | None:
    """What the line should come to; None when it does not say all it needs."""
    if line.quantite is None or line.prix is None or line.montant is None or not line.par:
        return None
    for number in (line.quantite, line.prix, line.par, line.remises):
        if number and abs(number.adjusted()) > _LARGEST:
            return None
    return line.quantite * line.prix / line.par - line.remises


def _slack(line: LigneFacture) -> Decimal:
    """How far the product may be off because the price was rounded, to the cent or finer."""
    quantite, prix = line.quantite or Decimal(0), line.prix or Decimal(0)
    digits = prix.as_tuple().exponent
    step = Decimal(1).scaleb(min(digits, -2)) if isinstance(digits, int) else _CENT
    return abs(quantite / line.par) * step / 2


def _check_amount(context: Context) -> Iterator[Hit]:
    tolerance = max(context.politique.tolerance, _TOLERANCE)
    for i, line in enumerate(context.facture.calculs):
        due = _due(line)
        if due is None or line.montant is None:
            continue
        gap = abs(due - line.montant)
        if gap <= tolerance or gap <= tolerance + _slack(line):
            continue
        expected = due.quantize(_CENT)
        words = {"rang": str(i + 1), "attendu": euros(expected), "montant": euros(line.montant)}
        words["calcul"] = _tell(line)
        yield Hit(context.facture.place(f"ligne[{i}]"), plain(line.montant), plain(expected), words)


def _tell(line: LigneFacture) -> str:
    """The product, as an accountant would check it: ``3 x 12,50 - 1,00``."""
    if line.quantite is None or line.prix is None:
        return ""
    told = f"{_number(line.quantite)} × {_number(line.prix)}"
    if line.par != 1:
        told += f" ÷ {_number(line.par)}"
    if line.remises:
        told += f" {'-' if line.remises > 0 else '+'} {_number(abs(line.remises))}"
    return told


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", ",")


RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-LIGNE-01",
            Severity.WARNING,
            "CALCUL_ERR",
            "EN 16931, BT-131 : quantité (BT-129) x prix net (BT-146 / BT-149), remises et frais de la ligne",
            "La ligne n° {rang} fait {attendu} ({calcul}), mais son montant HT annoncé est {montant}.",
            "Le fournisseur vérifie la quantité, le prix et le montant de la ligne ; la facture n'est pas "
            "bloquée pour cela.",
        ),
        _check_amount,
    ),
)
