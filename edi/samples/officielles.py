"""Faults that are official rules: the faulty variant of an example, under the number and day of a lot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from edi.exemples.bases import load_bases, parse, write, write_base
from edi.exemples.edits import apply_edits, find
from edi.exemples.variantes import Variante, load_variantes
from edi.samples.document import JOUR
from edi.samples.facturx import FICHIER, Hybride, write_hybride
from edi.samples.faults import CII_REFORME, FACTURX, REFORME

# The packs that judge a document of a format; the first one that has an example of the rule is taken.
JEUX: Mapping[str, tuple[str, ...]] = {
    REFORME: ("br-fr-ubl", "en16931-ubl", "extended-ctc-fr-ubl"),
    CII_REFORME: (
        "br-fr-cii",
        "en16931-cii",
        "extended-ctc-fr-cii",
        "facturx-extended",
        "facturx-basicwl",
        "facturx-basic",
        "facturx-minimum",
    ),
    FACTURX: (
        "br-fr-cii",
        "facturx-en16931",
        "facturx-extended",
        "extended-ctc-fr-cii",
        "facturx-basicwl",
        "facturx-basic",
        "facturx-minimum",
    ),
}
_NIVEAUX = {  # of a Factur-X, by the scenario of its XML
    "cii-reforme": "EN 16931",
    "cii-extended": "EXTENDED",
    "cii-facturx-extended": "EXTENDED",
    "cii-basic": "BASIC",
    "cii-basicwl": "BASIC WL",
    "cii-minimum": "MINIMUM",
}
_DAYS = (re.compile(r">(\d{4})-(\d\d)-(\d\d)<"), re.compile(r">(20\d\d)(\d\d)(\d\d)<"))


class Officielle(NamedTuple):
    """A rule and the variant that breaks it."""

    regle: str
    jeu: str
    variante: Variante


def find_officielle(code: str, nom_format: str) -> Officielle | None:
    """The example of a rule in a format; a code without its term (BR-FR-09) takes the first of its rules.

    What the schema refuses first is taken last. A base that is valid under some packs only, and under no
    scenario, makes no lot.
    """
    code = code.strip().upper()
    found = [
        Officielle(regle, jeu, variante)
        for jeu in JEUX.get(nom_format, ())
        for regle, variante in load_variantes(jeu).variantes.items()
        if regle.upper() == code or regle.upper().startswith(f"{code}_")
        if load_bases()[variante.base].scenario
    ]
    return min(found, key=lambda one: (one.regle.upper() != code, one.variante.hors_schema), default=None)


def tell_injouable(code: str) -> str:
    """Why no document breaks a rule; '' when nothing is known of it."""
    jeux = dict.fromkeys(jeu for some in JEUX.values() for jeu in some)
    return next((why for jeu in jeux if (why := load_variantes(jeu).injouables.get(code))), "")


def write_officielle(variante: Variante, nom_format: str, numero: str, jour: date) -> bytes:
    """The faulty document under another number and at another day, in a PDF for a Factur-X.

    Its parties stay those of the examples, which the sample world knows.
    """
    text = write_base(variante.base).decode()
    known = _numero_of(text.encode())
    text = _shift(text.replace(known, numero), jour - JOUR)
    root = parse(text.encode())
    apply_edits(
        root, (e._replace(valeur=e.valeur and e.valeur.replace(known, numero)) for e in variante.edits)
    )
    data = write(root)
    if nom_format != FACTURX:
        return data
    niveau = _NIVEAUX[load_bases()[variante.base].scenario]
    return write_hybride(Hybride((f"Facture {numero}",), ((FICHIER, data),), niveau))


def _numero_of(data: bytes) -> str:
    root = parse(data)
    cii = root.tag.endswith("CrossIndustryInvoice")
    return find(root, "ExchangedDocument/ID" if cii else "ID").text or ""


def _shift(text: str, days: timedelta) -> str:
    for pattern, form in zip(_DAYS, (">%Y-%m-%d<", ">%Y%m%d<"), strict=True):
        text = pattern.sub(partial(_shift_one, days=days, form=form), text)
    return text


def _shift_one(found: re.Match[str], days: timedelta, form: str) -> str:
    return (date(*map(int, found.groups())) + days).strftime(form)
