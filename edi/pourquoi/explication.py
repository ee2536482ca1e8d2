"""What a replay comes to, for each invoice and for the flux: then, today, and whether it is as recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi import __version__
from edi.model import Finding, LotJuge, Verdict
from edi.pourquoi.accord import Difference, compare
from edi.pourquoi.chaine import Maillon, Paire, chain, chain_recorded, pair, tell_decision
from edi.pourquoi.dossier import Decidee, blocks
from edi.pourquoi.jeux import OWN
from edi.pourquoi.rejouer import Passee, Reponse, Vue
from edi.pourquoi.reponses import Dossiee


class Explication(NamedTuple):
    """One invoice: its chain of reasons then and today, and what the replay and the record do not share."""

    decidee: Decidee
    passee: Passee | None  # None: nothing could be replayed
    paires: tuple[Paire, ...]
    rejouee: bool  # False: the chain is what was recorded
    differences: tuple[Difference, ...]
    decision: str  # as recorded
    aujourd_hui: str  # '' when it could not be judged today
    rejeu: tuple[Maillon, ...] = ()  # the chain by which ``edi rejoue`` accepted it after all
    rejeu_le: datetime | None = None

    @property
    def change(self) -> bool:
        """Whether it would be decided otherwise today, or for other reasons."""
        return bool(self.aujourd_hui) and self.aujourd_hui != self.decision

    @property
    def version(self) -> str:
        """The version of Navette that judged it, where that is not this one."""
        told = next((pack.version for pack in self.decidee.packs if pack.id == OWN), __version__)
        return "" if told == __version__ else told


class DuFlux(NamedTuple):
    """What is said of the flux itself (file '') and of its files, then and today."""

    fichier: str
    alors: tuple[Finding, ...]
    aujourd_hui: tuple[Finding, ...]
    differences: tuple[Difference, ...]


def explain(reponse: Reponse, fuseau: ZoneInfo) -> Iterator[Explication]:
    """Every invoice that a flux brought, in its order."""
    passees = {one.place: passee for passee in reponse.passees for one in passee.decidees}
    for decidee in reponse.dossier.decidees:
        passee = passees.get(decidee.place)
        then = _see(passee.vue, decidee, fuseau) if passee and passee.vue else None
        today = _see(reponse.aujourd_hui, decidee, fuseau) if reponse.aujourd_hui else None
        alors = chain(then) if then else chain_recorded(decidee)
        replayed = passee is not None and passee.vue is not None
        found = then.jugee.findings if then else ()
        later = _see_later(passee, decidee, fuseau) if passee and decidee.rejeu else None
        yield Explication(
            decidee,
            passee,
            pair(alors, chain(today) if today else None),
            then is not None,
            (*(compare(decidee.findings, found) if replayed else ()), *_still_blocked(later)),
            tell_decision(decidee.findings),
            tell_decision(today.jugee.findings) if today else "",
            chain(later) if later else (),
            decidee.levee_le,
        )


def explain_flux(reponse: Reponse) -> list[DuFlux]:
    """What was found in the flux and in its files, where anything was or would be."""
    dossier = reponse.dossier
    recorded = _by_file(dossier.constats)
    last = next((p.vue for p in reversed(reponse.passees) if p.jugement == dossier.jugement), None)
    if dossier.flux.statut.en_cours:
        last = None  # what is found in the flux itself is recorded when it is decided as a whole
    then = _by_file(_said(last.lot)) if last else {}
    today = _by_file(_said(reponse.aujourd_hui.lot)) if reponse.aujourd_hui else {}
    return [
        DuFlux(
            nom,
            recorded.get(nom, ()),
            today.get(nom, ()),
            compare(recorded.get(nom, ()), then.get(nom, ())) if last else (),
        )
        for nom in dict.fromkeys((*recorded, *then, *today))
    ]


def agrees(explications: Iterable[Explication], du_flux: Iterable[DuFlux]) -> bool:
    """Whether the replay found all that was recorded, and decides the same."""
    same = all(not one.differences and decides_alike(one) for one in explications)
    return same and not any(one.differences for one in du_flux)


def decides_alike(one: Explication) -> bool:
    """Whether the statut that an invoice took first is the one that its findings ask for."""
    return Verdict(one.decidee.findings).accepted == one.decidee.acceptee


def _see(vue: Vue, decidee: Decidee, fuseau: ZoneInfo) -> Dossiee | None:
    found = vue.find(decidee.place)
    return Dossiee(vue, *found, fuseau) if found else None


def _see_later(passee: Passee, decidee: Decidee, fuseau: ZoneInfo) -> Dossiee | None:
    found = (
        _see(vue, decidee, fuseau) for vue in passee.rejeux if decidee.rejeu and vue.le == decidee.rejeu.le
    )
    return next((one for one in found if one), None)


def _still_blocked(later: Dossiee | None) -> tuple[Difference, ...]:
    """What a replay had accepted, and would not again: it had found nothing that blocks."""
    return compare((), blocks(later.jugee.findings)) if later else ()


def _said(lot: LotJuge) -> list[tuple[str, Finding]]:
    of_files = [(fichier.nom, finding) for fichier in lot.fichiers for finding in fichier.findings]
    return [*(("", finding) for finding in lot.findings), *of_files]


def _by_file(found: Iterable[tuple[str, Finding]]) -> dict[str, tuple[Finding, ...]]:
    by_file: dict[str, tuple[Finding, ...]] = {}
    for nom, finding in found:
        by_file[nom] = (*by_file.get(nom, ()), finding)
    return by_file
