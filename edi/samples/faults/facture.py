"""Faults of the invoice itself: number, type, cadre, dates, currency, sums, references."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from lxml import etree

from edi.samples.brouillon import Brouillon, Recap
from edi.samples.faults.fault import (
    CII_REFORME,
    FACTURX,
    LES_CII,
    LES_E2,
    MIXTE,
    SANS_MIXTE,
    Fault,
    Scene,
    SpoilValues,
)

_DIX_ANS = timedelta(days=3652)
# The schema of the mixed format already refuses an overlong text, and a code outside its list.
_TROP_LONG, _HORS_LISTE = {MIXTE: "EDI-XSD-06"}, {MIXTE: "EDI-XSD-04"}


def _set(**changes: Any) -> SpoilValues:
    return lambda brouillon, scene: replace(brouillon, **changes)


def _add_to(*names: str, amount: str) -> SpoilValues:
    """Add an amount to totals, which then no longer agree with the others."""

    def spoil(brouillon: Brouillon, scene: Scene) -> Brouillon:
        wrong: dict[str, Any] = {
            name: str(Decimal(getattr(brouillon, name)) + Decimal(amount)) for name in names
        }
        return replace(brouillon, **wrong)

    return spoil


def _lengthen_numero(brouillon: Brouillon, scene: Scene) -> Brouillon:
    return replace(brouillon, numero=f"{brouillon.numero}-{scene.jour.year}-TRAVAUX-LOT2"[:34])


def _spoil_numero(brouillon: Brouillon, scene: Scene) -> Brouillon:
    return replace(brouillon, numero=brouillon.numero.replace("-", "#"))


def _postdate(brouillon: Brouillon, scene: Scene) -> Brouillon:
    jour = scene.jour + _DIX_ANS
    return replace(brouillon, date=jour.isoformat(), echeance=(jour + timedelta(days=30)).isoformat())


def _write_french_date(brouillon: Brouillon, scene: Scene) -> Brouillon:
    return replace(brouillon, date=f"{scene.jour:%d/%m/%Y}")


def _add_untaxed_base(brouillon: Brouillon, scene: Scene) -> Brouillon:
    """A base without VAT: only the sum of the bases becomes wrong."""
    return replace(brouillon, recap=(*brouillon.recap, Recap("0", "100.00", "0.00")))


def _change_rate(brouillon: Brouillon, scene: Scene) -> Brouillon:
    first, *rest = brouillon.recap
    wrong = first._replace(taux="2.1" if first.taux == "20" else "20")
    return replace(brouillon, recap=(wrong, *rest))


def _multiply_quantity(root: etree._Element) -> None:
    """Ten times the goods for the same amount."""
    quantity = next(root.iter("{*}InvoicedQuantity", "{*}CreditedQuantity", "{*}BilledQuantity"))
    quantity.text = str(10 * Decimal(quantity.text or "0"))


CII_REFORMES = (CII_REFORME, FACTURX)
SANS_MIN = tuple(nom for nom in SANS_MIXTE if nom not in LES_E2)

FAUTES = (
    Fault("numero-absent", "EDI-NUMERO-01", "facture sans numéro", values=_set(numero=""), officiel="BR-02"),
    Fault(
        "numero-trop-long",
        "EDI-NUMERO-02",
        "numéro de facture de plus de 20 caractères",
        values=_lengthen_numero,
        codes=_TROP_LONG,
        aussi=("EDI-NUMERO-02",),
    ),
    Fault(
        "numero-interdit",
        "EDI-NUMERO-03",
        "« # » dans le numéro de facture",
        values=_spoil_numero,
        officiel="BR-FR-02_BT-1",
    ),
    Fault(
        "type-inconnu",
        "EDI-TYPE-01",
        "type de document 325 (facture pro forma)",
        values=_set(type="325"),
        codes=_HORS_LISTE,
        aussi=("EDI-TYPE-01",),
        officiel="BR-FR-04_BT-3",
    ),
    Fault(
        "cadre-absent",
        "EDI-CADRE-01",
        "pas de cadre de facturation",
        SANS_MIXTE,
        values=_set(cadre=""),
        officiel="BR-FR-08_BT-23",
    ),
    Fault(
        "cadre-inconnu",
        "EDI-CADRE-02",
        "cadre de facturation Z9, qui n'existe pas",
        values=_set(cadre="Z9"),
        codes=_HORS_LISTE,
        aussi=("EDI-CADRE-02",),
        officiel="BR-FR-08_BT-23",
    ),
    Fault("date-future", "EDI-DATE-02", "facture datée de dix ans plus tard", values=_postdate),
    Fault(
        "date-illisible",
        "EDI-XSD-03",
        "date écrite jj/mm/aaaa",
        values=_write_french_date,
        # any text is a date for the schema of CII
        codes={**dict.fromkeys(LES_CII, "EDI-DATE-01"), **dict.fromkeys(CII_REFORMES, "BR-FR-03_BT-2")},
        aussi=("EDI-DATE-01",),
    ),
    Fault("devise-inconnue", "EDI-DEVISE-01", "devise EUX, qui n'existe pas", values=_set(devise="EUX")),
    Fault(
        "ttc-faux",
        "EDI-MONTANT-01",
        "TTC de 10 euros trop fort",
        values=_add_to("ttc", "net", amount="10.00"),
        officiel="BR-CO-15",
    ),
    Fault(
        "bases-fausses",
        "EDI-MONTANT-02",
        "bases de TVA dont la somme n'est pas le HT",
        values=_add_untaxed_base,
    ),
    Fault(
        "tva-fausse",
        "EDI-MONTANT-03",
        "total de TVA qui n'est pas la somme de ses lignes",
        SANS_MIXTE,
        values=_add_to("tva", "ttc", "net", amount="1.00"),
        officiel="BR-CO-14",
    ),
    Fault(
        "net-a-payer-faux",
        "EDI-MONTANT-04",
        "net à payer plus fort que le TTC",
        values=_add_to("net", amount="50.00"),
        officiel="BR-CO-16",
    ),
    Fault(
        "ligne-fausse",
        "EDI-LIGNE-01",
        "quantité d'une ligne dix fois trop forte (avertissement)",
        SANS_MIN,
        tree=_multiply_quantity,
    ),
    Fault(
        "taux-incoherent",
        "EDI-MONTANT-05",
        "taux de TVA qui ne donne pas le montant de sa ligne (avertissement)",
        values=_change_rate,
    ),
    Fault(
        "decimales-en-trop",
        "EDI-MONTANT-06",
        "TTC à sept décimales",
        SANS_MIXTE,
        values=_add_to("ttc", amount="0.0000001"),
    ),
    Fault(
        "total-absent",
        "EDI-MONTANT-07",
        "pas de total TTC",
        SANS_MIXTE,
        values=_set(ttc=""),
        codes={FACTURX: "EDI-XSD-02"},
    ),
    Fault(
        "service-trop-long",
        "EDI-REF-01",
        "code service de 101 caractères",
        values=_set(service="SERVICE-" + "X" * 93),
        codes=_TROP_LONG,
        aussi=("EDI-REF-01", "EDI-SERVICE-02", "EDI-SERVICE-05"),
    ),
    Fault(
        "engagement-trop-long",
        "EDI-REF-02",
        "numéro d'engagement de 51 caractères",
        values=_set(engagement="EJ" + "1234567" * 7),
        codes=_TROP_LONG,
        aussi=("EDI-REF-02",),
    ),
    Fault(
        "marche-trop-long",
        "EDI-REF-03",
        "numéro de marché de 51 caractères",
        values=_set(marche="MARCHE-" + "2025" * 11),
        codes=_TROP_LONG,
        aussi=("EDI-REF-03",),
    ),
)
