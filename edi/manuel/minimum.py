"""The minimum data of an invoice in PDF, as typed: read leniently, told back where they mean nothing.

What they are worth is not judged here: the flux that carries them is judged like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from edi.model import ChampsRefuses, LigneTva, Minimum
from edi.model.minimum import CADRES, IDENTITE, MODES, MONTANTS, PARTIES, TAUX, TYPES

NOMS = (
    *("cadre", "type", "mode_paiement"),
    *(champ.nom for champ in (*IDENTITE, *PARTIES, *MONTANTS)),
    *(f"{part}{rank}" for rank in range(1, TAUX + 1) for part in ("taux", "base", "montant")),
)
AVOIR = "381"

_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AMOUNT = re.compile(r"-?\d{1,15}([.,]\d{1,6})?")


def read_minimum(saisi: Mapping[str, str], name_of: Callable[[str], str]) -> Minimum:
    """The data that were typed. Raises ChampsRefuses with all that is wrong.

    ``name_of``: the name of a SIRET in the annuaire, '' when it is not there.
    """
    said = {nom: " ".join(saisi.get(nom, "").split()) for nom in NOMS}
    sirets = {nom: "".join(said[nom].split()) for nom in ("fournisseur", "destinataire")}
    faults = {
        champ.nom: "À indiquer."
        for champ in (*IDENTITE, *PARTIES, *MONTANTS)
        if champ.obligatoire and not said[champ.nom]
    }
    for nom, legal in (("cadre", CADRES), ("type", TYPES), ("mode_paiement", MODES)):
        if said[nom] not in legal and not (nom == "mode_paiement" and said["type"] == AVOIR):
            faults[nom] = "À choisir dans la liste."
    day = _read_day(said["date"])
    if said["date"] and day is None:
        faults["date"] = f"« {said['date']} » n'est pas une date, comme 26/11/2026."
    amounts = {champ.nom: _read_amount(champ.nom, said, faults) for champ in MONTANTS}
    recap = _read_recap(said, amounts["ht"], amounts["tva"], faults)
    nom = said["fournisseur_nom"] or (name_of(sirets["fournisseur"]) if sirets["fournisseur"] else "")
    if sirets["fournisseur"] and not nom:
        faults["fournisseur_nom"] = "À indiquer : ce SIRET n'est pas dans l'annuaire."
    ht, ttc, net = amounts["ht"], amounts["ttc"], amounts["net"]
    if faults or day is None or ht is None or ttc is None or net is None:
        raise ChampsRefuses(faults)
    return Minimum(
        cadre=said["cadre"],
        type=said["type"],
        numero=said["numero"],
        date=day,
        devise=said["devise"].upper(),
        mode_paiement="" if said["type"] == AVOIR else said["mode_paiement"],
        fournisseur=sirets["fournisseur"],
        fournisseur_nom=nom,
        destinataire=sirets["destinataire"],
        service=said["service"],
        engagement=said["engagement"],
        marche=said["marche"],
        ht=ht,
        ttc=ttc,
        net=net,
        tva=recap,
    )


def _read_day(text: str) -> date | None:
    """A day as browsers write it, or as people do."""
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)
    except ValueError:
        return None


def _read_amount(nom: str, said: Mapping[str, str], faults: dict[str, str]) -> Decimal | None:
    """« 1 234,50 » or « 1234.50 »; None when it is empty, or no amount, which is told."""
    text = "".join(said[nom].removesuffix("€").removesuffix("%").split())
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        faults[nom] = f"« {said[nom]} » n'est pas un nombre, comme 1234,50."
        return None
    return Decimal(text.replace(",", "."))


def _read_recap(
    said: Mapping[str, str], ht: Decimal | None, tva: Decimal | None, faults: dict[str, str]
) -> tuple[LigneTva, ...]:
    """The recap of VAT; where one rate stands alone, its base and its VAT are the totals."""
    rows: list[tuple[int, Decimal | None, Decimal | None, Decimal | None]] = []
    for rank in range(1, TAUX + 1):
        names = tuple(f"{part}{rank}" for part in ("taux", "base", "montant"))
        if any(said[nom] for nom in names):
            rate, base, amount = (_read_amount(nom, said, faults) for nom in names)
            rows.append((rank, rate, base, amount))
    if not rows and tva:
        faults["taux1"] = "À indiquer, puisqu'il y a de la TVA."
    recap = []
    for rank, rate, base, amount in rows:
        if len(rows) == 1:
            base, amount = (ht if base is None else base), (tva if amount is None else amount)
        for part, value in (("taux", rate), ("base", base), ("montant", amount)):
            if value is None:
                faults.setdefault(f"{part}{rank}", "À indiquer.")
        if rate is not None and base is not None and amount is not None:
            recap.append(LigneTva(rate, base, amount))
    told = sum((row.montant for row in recap if row.montant is not None), Decimal(0))
    if recap and len(recap) == len(rows) and tva is not None and told != tva:
        shown = f"{told:f}".replace(".", ",")
        faults.setdefault("tva", f"Le total de TVA n'est pas la somme des taux, {shown}.")
    return tuple(recap)
