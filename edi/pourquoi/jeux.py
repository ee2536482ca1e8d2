"""The official packs of then: the very files whose sha256 a verdict recorded, or what of them is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from edi.model import PackApplique
from edi.pourquoi.dossier import Decidee
from edi.validators.schematron.packs import Pack, Packs, tell_absence

OWN = "edi"


def packs_of_then(
    decidees: Iterable[Decidee], jour: date, known: Packs
) -> tuple[Packs, tuple[PackApplique, ...]]:
    """The packs under which invoices were judged, as the pipeline had them; and those that are not here.

    A judgement has one version of a pack for each day; which days, the invoices that it judged tell.
    """
    days: dict[str, dict[PackApplique, date]] = {}
    for one in decidees:
        for applied in one.packs:
            if applied.id != OWN:
                versions = days.setdefault(applied.id, {})
                versions[applied] = min(one.facture.date or jour, versions.get(applied, date.max))
    found, missing = dict(known), []
    for name, versions in days.items():
        ordered = sorted(versions, key=lambda applied: versions[applied])
        installed = [_find(applied, known) for applied in ordered]
        missing += [applied for applied, pack in zip(ordered, installed, strict=True) if pack is None]
        starts = [date.min, *(versions[applied] for applied in ordered[1:]), None]
        found[name] = tuple(
            replace(pack, valid_from=starts[rank] or date.min, valid_to=starts[rank + 1], candidat=False)
            for rank, pack in enumerate(installed)
            if pack is not None
        )
    return found, tuple(missing)


def _find(applied: PackApplique, known: Packs) -> Pack | None:
    """The version with these very files; of several, the one of that name. None when it cannot be run."""
    same = [pack for pack in known.get(applied.id, ()) if pack.sha256 == applied.sha256]
    same.sort(key=lambda pack: pack.version != applied.version)
    return next((pack for pack in same if not tell_absence(pack)), None)
