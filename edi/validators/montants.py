"""Sums: totals against each other and against the VAT recap, within the tolerance of the policy.

A missing amount is told once, by EDI-MONTANT-07; a sum that needs it is then not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain

from edi.model import Card, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import euros, plain

MAX_DECIMALS, MAX_DIGITS = 6, 19
_CENT = Decimal("0.01")
_ROW_TOLERANCE = Decimal("1.00")  # rows of a recap are sums of rounded lines
_NAMES = {"ht": "total HT", "tva": "total de TVA", "ttc": "total TTC", "net": "net à payer"}


def _usable(amount: Decimal | None) -> Decimal | None:
    """The amount, unless arithmetic on it would be absurd (NaN, 1E+999999); EDI-MONTANT-06 tells those."""
    if amount is None or not amount.is_finite() or abs(amount.adjusted()) > 28:
        return None
    return amount


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Their sum; None when one of them is unknown."""
    total = Decimal(0)
    for amount in map(_usable, amounts):
        if amount is None:
            return None
        total += amount
    return total


def _tva(context: Context) -> Decimal | None:
    """The VAT total. CPPFactureMixte has no element for it: there, the recap tells it."""
    facture = context.facture
    if facture.montants.tva is None and facture.tva and context.racine == "CPPFactureMixte":
        return _total(row.montant for row in facture.tva)
    return _usable(facture.montants.tva)


def _check_ttc(context: Context) -> Iterator[Hit]:
    montants = context.facture.montants
    ht, tva, ttc = _usable(montants.ht), _tva(context), _usable(montants.ttc)
    if ht is None or tva is None or ttc is None or abs(ht + tva - ttc) <= context.politique.tolerance:
        return
    words = {"ht": euros(ht), "tva": euros(tva), "ttc": euros(ttc), "somme": euros(ht + tva)}
    yield Hit(context.facture.place("ttc"), plain(ttc), plain(ht + tva), words)


def _check_recap_bases(context: Context) -> Iterator[Hit]:
    ht, bases = _usable(context.facture.montants.ht), _total(row.base for row in context.facture.tva)
    if not context.facture.tva or ht is None or bases is None:
        return
    if abs(bases - ht) > context.politique.tolerance:
        yield Hit(
            context.facture.place("ht"), plain(ht), plain(bases), {"somme": euros(bases), "ht": euros(ht)}
        )


def _check_recap_tva(context: Context) -> Iterator[Hit]:
    tva, rows = _usable(context.facture.montants.tva), _total(row.montant for row in context.facture.tva)
    if not context.facture.tva or tva is None or rows is None:
        return
    if abs(rows - tva) > context.politique.tolerance:
        yield Hit(
            context.facture.place("tva"), plain(tva), plain(rows), {"somme": euros(rows), "tva": euros(tva)}
        )


def _check_net(context: Context) -> Iterator[Hit]:
    montants, tolerance = context.facture.montants, context.politique.tolerance
    ttc, net = _usable(montants.ttc), _usable(montants.net)
    given = montants.acompte is not None or montants.arrondi is not None
    paid, rounding = _usable(montants.acompte or Decimal(0)), _usable(montants.arrondi or Decimal(0))
    if ttc is None or net is None or paid is None or rounding is None:
        return
    due = ttc - paid + rounding
    if given and abs(net - due) > tolerance:
        detail = f"TTC {euros(ttc)} - acompte {euros(paid)} + arrondi {euros(rounding)} = {euros(due)}"
        yield Hit(context.facture.place("net"), plain(net), plain(due), {"net": euros(net), "raison": detail})
    elif not given and (net - ttc > tolerance if ttc >= 0 else ttc - net > tolerance):
        detail = f"il dépasse le total TTC de {euros(ttc)}"
        yield Hit(context.facture.place("net"), plain(net), plain(ttc), {"net": euros(net), "raison": detail})


def _check_rows(context: Context) -> Iterator[Hit]:
    tolerance = max(context.politique.tolerance, _ROW_TOLERANCE)
    for i, row in enumerate(context.facture.tva):
        taux, base, montant = _usable(row.taux), _usable(row.base), _usable(row.montant)
        if taux is None or base is None or montant is None:
            continue
        due = base * taux / 100
        if abs(due - montant) > tolerance:
            expected = due.quantize(_CENT) if abs(due.adjusted()) < 24 else due
            words = {"taux": f"{taux.normalize():f}".replace(".", ","), "base": euros(base)}
            words |= {"montant": euros(montant), "attendu": euros(expected)}
            yield Hit(context.facture.place(f"tva[{i}].montant"), plain(montant), plain(expected), words)


def _amounts(context: Context) -> Iterator[tuple[str, Decimal]]:
    """Every amount of the invoice, with the name of its place."""
    montants = context.facture.montants
    totals = ((name, getattr(montants, name)) for name in (*_NAMES, "acompte", "arrondi"))
    rows = (
        (f"tva[{i}].{name}", getattr(row, name))
        for i, row in enumerate(context.facture.tva)
        for name in ("taux", "base", "montant")
    )
    yield from ((name, amount) for name, amount in chain(totals, rows) if amount is not None)


def _check_digits(context: Context) -> Iterator[Hit]:
    for name, amount in _amounts(context):
        _, digits, exponent = amount.as_tuple()
        if isinstance(exponent, int):
            written = max(len(digits) + max(exponent, 0), -exponent)
            if -exponent <= MAX_DECIMALS and written <= MAX_DIGITS:
                continue
        yield Hit(
            context.facture.place(name), plain(amount), f"{MAX_DIGITS} chiffres, {MAX_DECIMALS} décimales"
        )


def _check_totals_present(context: Context) -> Iterator[Hit]:
    montants, recap = context.facture.montants, context.facture.tva
    missing = [name for name in ("ht", "ttc", "net") if getattr(montants, name) is None]
    told_by_recap = bool(recap) and context.racine == "CPPFactureMixte"
    if montants.tva is None and not told_by_recap and (recap or montants.ht != montants.ttc):
        missing.insert(1 if "ht" in missing else 0, "tva")
    for name in missing:
        yield Hit(context.facture.place(name), words={"montant": _NAMES[name]})


def _card(
    code: str, motif: str, citation: str, message: str, fix: str, severity: Severity = Severity.ERROR
) -> Card:
    return Card(code, severity, motif, citation, message, fix)


_REDEPOSE = "Le fournisseur corrige les montants et dépose de nouveau la facture."

RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-MONTANT-01",
            "MONTANTTOTAL_ERR",
            "EN 16931, BR-CO-15 : BT-112 = BT-109 + BT-110",
            "Le total HT ({ht}) et la TVA ({tva}) font {somme}, mais le total TTC annoncé est {ttc}.",
            _REDEPOSE,
        ),
        _check_ttc,
    ),
    Rule(
        _card(
            "EDI-MONTANT-02",
            "CALCUL_ERR",
            "EN 16931, BT-116 et BT-109 ; Chorus Pro, somme des BaseHt = MontantHT",
            "Les bases du récapitulatif de TVA font {somme}, mais le total HT annoncé est {ht}.",
            _REDEPOSE,
        ),
        _check_recap_bases,
    ),
    Rule(
        _card(
            "EDI-MONTANT-03",
            "CALCUL_ERR",
            "EN 16931, BR-CO-14 : BT-110 = somme des BT-117",
            "Les montants du récapitulatif de TVA font {somme}, mais le total de TVA annoncé est {tva}.",
            _REDEPOSE,
        ),
        _check_recap_tva,
    ),
    Rule(
        _card(
            "EDI-MONTANT-04",
            "MONTANTTOTAL_ERR",
            "EN 16931, BR-CO-16 : BT-115 = BT-112 - BT-113 + BT-114 ; Chorus Pro, MontantNetAPayer",
            "Le net à payer annoncé ({net}) est faux : {raison}.",
            _REDEPOSE,
        ),
        _check_net,
    ),
    Rule(
        _card(
            "EDI-MONTANT-05",
            "CALCUL_ERR",
            "EN 16931, BR-CO-17 : BT-117 = BT-116 x BT-119 / 100",
            "La TVA à {taux} % sur {base} devrait être de {attendu} environ, et non de {montant}.",
            "Le fournisseur vérifie le taux, la base et le montant.",
            Severity.WARNING,
        ),
        _check_rows,
    ),
    Rule(
        _card(
            "EDI-MONTANT-06",
            "REJ_SEMAN",
            "Chorus Pro, schémas CPP (montants : 19 chiffres dont 6 décimales) ; BR-FR-DEC-01 à 04",
            "Le montant « {value} » s'écrit avec plus de chiffres qu'il n'est admis ({expected} au plus).",
            "Le fournisseur arrondit ce montant et dépose de nouveau la facture.",
        ),
        _check_digits,
    ),
    Rule(
        _card(
            "EDI-MONTANT-07",
            "REJ_SEMAN",
            "EN 16931, BT-109, BT-110, BT-112 et BT-115 ; Chorus Pro, Montants",
            "La facture n'indique pas son {montant}, ou il est illisible.",
            "Le fournisseur indique ce montant et dépose de nouveau la facture.",
        ),
        _check_totals_present,
    ),
)
