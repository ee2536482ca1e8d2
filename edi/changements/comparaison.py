"""Two invoices compared as a whole, and what findings say of what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edi.changements.entete import compare_headers
from edi.changements.lignes import compare_lines
from edi.changements.valeurs import Changement, write_amount
from edi.model import Facsimile, Finding

_TERME = re.compile(r"\b(?:BT|BG)-\d+\b")
# What changes of an article from one time to the next without meaning anything, last.
_COURANTS = ("BT-129",)


class Comparaison(NamedTuple):
    """What is not the same, most telling first; and figures, which are never the same."""

    changements: tuple[Changement, ...]
    chiffres: tuple[Changement, ...]

    @property
    def constatee(self) -> bool:
        """True when a finding is about something that changed."""
        return any(one.constats for one in self.changements)


def compare(avant: Facsimile, apres: Facsimile, findings: Sequence[Finding] = ()) -> Comparaison:
    """What changes from one invoice to a later one; ``findings``: of the later one, in their order."""
    found = [*compare_headers(avant.facture, apres.facture)]
    if avant.format != apres.format:  # first: it explains others
        was, now = (one.format.partition(" (")[0] for one in (avant, apres))
        found.insert(0, Changement("Format", was, now))
    lines = sorted(compare_lines(avant, apres), key=lambda one: one.termes[0] in _COURANTS)
    marked = [one._replace(constats=_meant(one, findings, one.termes)) for one in found]
    marked += [one._replace(constats=_meant(one, findings)) for one in lines]
    marked.sort(key=lambda one: not one.constats)
    return Comparaison(tuple(marked), tuple(_compare_figures(avant, apres)))


def _meant(
    changement: Changement, findings: Iterable[Finding], termes: Iterable[str] = ()
) -> tuple[int, ...]:
    """The numbers of the findings that are about a difference: by where it stands, or by its terms."""
    return tuple(number for number, one in enumerate(findings, 1) if _is_about(changement, one, set(termes)))


def _is_about(changement: Changement, finding: Finding, termes: set[str]) -> bool:
    here, there = _plain(changement.chemin), _plain(finding.location)
    stands = bool(here) and (there == here or there.startswith(f"{here}/"))
    return stands or not termes.isdisjoint(_TERME.findall(finding.term))


def _plain(path: str) -> str:
    """A path inside the XML itself, in which the first of several is named like one alone."""
    return path[path.index("/") :].replace("[1]", "") if "/" in path else ""


def _compare_figures(avant: Facsimile, apres: Facsimile) -> Iterable[Changement]:
    before, after = avant.facture, apres.facture
    for sujet, name in (("Total HT", "ht"), ("TVA", "tva"), ("Total TTC", "ttc")):
        was, now = getattr(before.montants, name), getattr(after.montants, name)
        if was != now:
            yield Changement(sujet, write_amount(was, before.devise), write_amount(now, after.devise))
    if before.lignes != after.lignes:
        yield Changement("Nombre de lignes", f"{before.lignes}", f"{after.lignes}")
