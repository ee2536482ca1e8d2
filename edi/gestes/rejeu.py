"""Judging again what was rejected: asked for, carried out flux by flux, each step recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from edi.espace import Espace
from edi.model import Finding, IssueRejeu, RejeuLance, Rejouee, Severity, Trouve
from edi.model.gestes import GesteRefuse
from edi.rejeu.jugement import Rejeu, Rejugee
from edi.store import rejets, rejeux
from edi.store.database import reading
from edi.store.rejeux import Nouveau

LE_PLUS = 5_000  # invoices of one replay
SILENCE = timedelta(minutes=10)  # after which a replay of another process is taken for dead
_LONG = 500  # characters of a reason


Lives = Callable[[RejeuLance], bool]  # is a replay that has not ended still under way?


def ask(espace: Espace, nouveau: Nouveau, choix: rejets.Choix, lives: Lives) -> RejeuLance:
    """Record a replay of the rejected invoices of a choice, the oldest ones. Raises GesteRefuse."""
    with reading(espace.engine) as conn:
        wanted = rejets.chosen(conn, choix, espace.settings.fuseau, LE_PLUS)
    if not wanted:
        raise GesteRefuse("Aucune facture rejetée au dépôt ne correspond : rien à rejuger.")
    return begin(espace, nouveau, wanted, lives)


def ask_to_accept(espace: Espace, essai_id: int, nouveau: Nouveau, lives: Lives) -> RejeuLance:
    """Record a replay for good of what passed in a dry run. Raises GesteRefuse."""
    with reading(espace.engine) as conn:
        essai = rejeux.get(conn, essai_id)
        wanted = rejeux.wanted(conn, essai_id, "acceptee")
    if essai.valider or essai.fini_le is None:
        raise GesteRefuse("Seul un rejeu à blanc qui est terminé peut être validé : attendez sa fin.")
    if not wanted:
        raise GesteRefuse("Aucune facture de cet essai ne passe : rien à accepter.")
    return begin(espace, nouveau, wanted, lives)


def begin(
    espace: Espace, nouveau: Nouveau, wanted: Mapping[int, tuple[int, ...]], lives: Lives | None = None
) -> RejeuLance:
    """Record a replay of invoices, ids by flux. Raises GesteRefuse when its author has one under way.

    ``lives`` None: whoever asks may have several.
    """
    at = espace.now()
    nouveau = nouveau._replace(raison=nouveau.raison.strip()[:_LONG])
    with espace.engine.begin() as conn:
        for other in rejeux.open_of(conn, nouveau.par) if lives else ():
            if lives and lives(other):
                raise GesteRefuse(
                    f"Votre rejeu n° {other.id} ({other.cible}) est encore en cours : un seul à la fois ; "
                    "attendez sa fin."
                )
            rejeux.end(conn, other.id, IssueRejeu.INTERROMPU, at)
        return rejeux.open_one(conn, nouveau, wanted, at)


def carry_out(
    espace: Espace, rejeu: Rejeu, lance: RejeuLance, halted: Callable[[], bool] = lambda: False
) -> Iterator[Rejugee]:
    """Do a replay that was asked for: what becomes of each invoice, recorded as soon as its flux is done.

    ``halted`` is asked between two flux. Whatever ends it, the record says so.
    """
    with reading(espace.engine) as conn:
        wanted = rejeux.wanted(conn, lance.id)
    issue = IssueRejeu.INTERROMPU
    try:
        for flux_id, ids in wanted.items():
            if halted():
                return
            done = list(rejeu.replay({flux_id: ids}, valider=lance.valider))
            done_ids = {one.facture.id for one in done}
            rows = [_as_row(one) for one in done]
            rows += [Rejouee(i, flux_id, "non_jugee", _GONE) for i in ids if i not in done_ids]
            with espace.engine.begin() as conn:
                rejeux.note(conn, lance.id, rows, espace.now())
            yield from done
        issue = IssueRejeu.FAIT
    finally:
        with espace.engine.begin() as conn:
            rejeux.end(conn, lance.id, issue, espace.now())


_GONE = "elle n'est plus rejetée"


def give_up(espace: Espace, lance: RejeuLance, issue: IssueRejeu, incident: str = "") -> None:
    """Record why a replay was not done; ``incident`` is French."""
    with espace.engine.begin() as conn:
        rejeux.end(conn, lance.id, issue, espace.now(), incident)


def _as_row(one: Rejugee) -> Rejouee:
    found = (tuple(map(_as_told, one.avant)), tuple(map(_as_told, one.apres)))
    return Rejouee(one.facture.id, one.facture.flux_id, one.change, one.raison, *found)


def _as_told(finding: Finding) -> Trouve:
    return Trouve(finding.code, finding.severity >= Severity.ERROR, finding.message, finding.fix)
