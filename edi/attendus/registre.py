"""What operators decide about expected deposits; each act is a line of their history."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from edi.attendus.phrases import tell_attendu
from edi.model import ActeAttendu, Attendu, EtatAttendu, EvenementAttendu, Saisie
from edi.store import attendus as store


def propose(conn: Connection, attendu: Attendu, saisie: Saisie) -> Attendu:
    """Record a proposal in the place of an earlier one; nothing is judged by it yet."""
    earlier = store.find(conn, attendu.fuseau, attendu.appli, EtatAttendu.PROPOSE)
    if earlier is not None:
        end(conn, earlier, saisie, "remplacé par une autre proposition")
    new = store.add(conn, replace(attendu, etat=EtatAttendu.PROPOSE, id=0))
    _note(conn, new, ActeAttendu.PROPOSE, saisie)
    return new


def confirm(conn: Connection, attendu: Attendu, saisie: Saisie) -> Attendu:
    """Judge by it from its first day on (``du``), in the place of what was confirmed before."""
    earlier = store.find(conn, attendu.fuseau, attendu.appli, EtatAttendu.CONFIRME)
    if earlier is not None and earlier.id != attendu.id:
        end(conn, earlier, saisie, "remplacé")
    confirmed = replace(attendu, etat=EtatAttendu.CONFIRME)
    store.save(conn, confirmed)
    _note(conn, confirmed, ActeAttendu.CONFIRME, saisie)
    return confirmed


def modify(conn: Connection, attendu: Attendu, saisie: Saisie) -> None:
    """Record it as it is now."""
    store.save(conn, attendu)
    _note(conn, attendu, ActeAttendu.MODIFIE, saisie)


def end(conn: Connection, attendu: Attendu, saisie: Saisie, why: str = "") -> None:
    """Expect it no more; its history stays."""
    store.save(conn, replace(attendu, etat=EtatAttendu.TERMINE))
    store.note(conn, EvenementAttendu(attendu.id, saisie.le, saisie.par, ActeAttendu.TERMINE, why))


def _note(conn: Connection, attendu: Attendu, acte: ActeAttendu, saisie: Saisie) -> None:
    store.note(conn, EvenementAttendu(attendu.id, saisie.le, saisie.par, acte, tell_attendu(attendu)))
