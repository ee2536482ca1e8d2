"""An undecided invoice is judged by hand: one person proposes, another confirms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from edi.catalogue import CARDS
from edi.cdv.tables import MOTIFS
from edi.espace import Espace
from edi.gestes.relance import wake
from edi.model import Severity
from edi.model.gestes import GesteRefuse, read_reason
from edi.model.jugements_main import ACCEPTEE, REJETEE, Indecise, JugementMain
from edi.store import flux as flux_store
from edi.store import journal, retenues
from edi.store import jugements_main as store

ISSUES = {ACCEPTEE: "acceptée", REJETEE: "rejetée"}


def rejection_motifs() -> Mapping[str, str]:
    """The motifs that an invoice is rejected with: those of our rules, with their labels."""
    codes = {card.motif for card in CARDS if card.severity == Severity.ERROR and card.motif in MOTIFS}
    return {code: MOTIFS[code] for code in sorted(codes)}


def propose(espace: Espace, numero: int, issue: str, motif: str, raison: str, par: str) -> JugementMain:
    """Propose what an undecided invoice is worth; another person must confirm it. Raises GesteRefuse.

    ``numero``: of what waits; ``motif``: of a rejection.
    """
    raison = read_reason(raison)
    if not par:
        raise GesteRefuse("Un jugement à la main porte toujours le nom de qui le propose.")
    if issue not in ISSUES:
        raise GesteRefuse("Dites ce que vaut la facture : acceptée, ou rejetée.")
    if issue == REJETEE and motif not in rejection_motifs():
        raise GesteRefuse("Une facture est rejetée pour un motif du catalogue : choisissez-en un.")
    with espace.engine.begin() as conn:
        at = espace.now()
        one = _check(store.find_undecided(conn, numero), issue)
        said = store.propose(conn, one, issue, motif if issue == REJETEE else "", raison, par, at)
        if said is None:
            raise GesteRefuse("Un jugement de cette facture attend déjà d'être confirmé ou refusé.")
        _note(conn, "jugement-propose", said, par, at, {"raison": raison})
    return said


def answer(espace: Espace, numero: int, confirme: bool, raison: str, par: str) -> JugementMain:
    """Confirm or refuse what another person has proposed; confirmed, its flux is tried again at once.

    Who has proposed it may take it back (a refusal), and never confirms it. Raises GesteRefuse.
    """
    raison = read_reason(raison)
    with espace.engine.begin() as conn:
        at = espace.now()
        said = store.find(conn, numero)
        if said is None:
            raise GesteRefuse(f"Aucun jugement proposé ne porte le n° {numero}.")
        own = said.propose_par.casefold() == par.casefold()
        if not par or (confirme and own):
            raise GesteRefuse("Un jugement à la main se fait à deux : un autre que vous doit répondre.")
        if confirme and not _still_waits(conn, said):
            raise GesteRefuse("La facture n'attend plus, ou plus pour cette raison : le jugement est caduc.")
        if not store.answer(conn, said, confirme, raison, par, at):
            raise GesteRefuse("Quelqu'un a déjà répondu à ce jugement.")
        acte = "jugement-confirme" if confirme else "jugement-retire" if own else "jugement-refuse"
        _note(conn, acte, said, par, at, {"raison": raison, "propose_par": said.propose_par})
        flux = flux_store.get(conn, said.flux_id)
        again = confirme and retenues.holding(conn, flux, at) is None
        if again:
            flux_store.describe(conn, flux.id, tentatives=0, prochain_essai=at)
    if again:
        for entry in espace.spool.entries("hold"):
            if entry.ticket == flux.ticket:
                wake(espace, entry)
    return said


def withdraw(espace: Espace, numero: int, raison: str, par: str) -> JugementMain:
    """Take back what one has proposed. Raises GesteRefuse."""
    with espace.engine.begin() as conn:
        said = store.find(conn, numero)
    if said is not None and said.propose_par.casefold() != par.casefold():
        raise GesteRefuse("Seul qui a proposé un jugement le retire ; un valideur le refuse.")
    return answer(espace, numero, False, raison, par)


def _check(one: Indecise | None, issue: str) -> Indecise:
    """Raises GesteRefuse."""
    if one is None:
        raise GesteRefuse("Cette facture n'attend plus : elle est décidée, ou jugée de nouveau.")
    if not one.jugeable:
        codes = ", ".join(sorted({doute.code for doute in one.retiennent}))
        raise GesteRefuse(f"Ce qui la fait attendre ne se juge pas à la main ({codes}).")
    if issue == ACCEPTEE and not one.rang:
        raise GesteRefuse("Ce fichier n'a pas pu être lu : il peut être rejeté, pas accepté.")
    return one


def _still_waits(conn: Connection, said: JugementMain) -> bool:
    """Whether what was spoken of is what makes the invoice wait now."""
    waiting = store.undecided(conn, said.flux_id)
    same = next((o for o in waiting if (o.fichier, o.rang) == (said.fichier, said.rang)), None)
    if same is None or same.sha256 != said.sha256:
        return False
    return {one[:4] for one in same.retiennent} <= {one[:4] for one in said.doutes}


def _note(
    conn: Connection, acte: str, said: JugementMain, par: str, at: datetime, detail: Mapping[str, str]
) -> None:
    told = {
        "jugement": said.id,
        "issue": said.issue,
        **({"motif": said.motif} if said.motif else {}),
        "fichier": said.fichier,
        "rang": said.rang,
        "constats": sorted({one.code for one in said.doutes}),
        **detail,
    }
    journal.note_act(conn, acte, said.numero or said.fichier, at, par=par, detail=told, flux_id=said.flux_id)
