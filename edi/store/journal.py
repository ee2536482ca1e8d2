"""The journal: told within the transaction of what it tells, written just before it commits.

What a transaction tells is gathered on its connection; the last thing before the commit locks the head of
the journal, and writes all of it in one batch. So the lock is short, and no row tells what was rolled back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, select, type_coerce, update

from edi.model.journal import NAVETTE, Ecriture, GenreEcriture, Ligne, canonical, write_instant
from edi.store.masse import write_rows
from edi.store.sources import SOURCES
from edi.store.tables import journal as table
from edi.store.tables import journal_tete as tete

_NAMES = [column.name for column in table.c if column.name not in ("precedente", "empreinte")]
_PAGE = 5_000  # rows that are made, and written, at a time
_Told = Ligne | tuple[GenreEcriture, int, str]
_TOLD = "edi_journal"  # on a connection: what its transaction has told so far


def tell(conn: Connection, genre: GenreEcriture, ids: Collection[int], par: str = "") -> None:
    """Tell rows that this transaction has written, by their ids in the table of the genre.

    ``par``: who acted, where the table does not keep it. Not within a savepoint: what it rolls back has been
    told already.
    """
    conn.info.setdefault(_TOLD, []).extend((genre, one, par) for one in ids)


def note(conn: Connection, ligne: Ligne) -> None:
    """Tell what no table keeps."""
    conn.info.setdefault(_TOLD, []).append(ligne)


def note_act(
    conn: Connection,
    acte: str,
    sujet: str,
    at: datetime,
    *,
    par: str = "",
    detail: Mapping[str, Any] | None = None,
    flux_id: int | None = None,
) -> None:
    """Tell an act that no table keeps: ``acte`` is its name (``flux-relance``), ``sujet`` what it is done to.

    ``par`` is who did it, '' Navette by itself. ``detail`` holds what JSON can: codes, counts, hashes, names
    of files; nothing of an invoice.
    """
    contenu = {"acte": acte, **(detail or {})}
    note(conn, Ligne(GenreEcriture.ACTE, sujet, contenu, at, flux_id, par=par))


def forget(conn: Connection) -> None:
    """A transaction begins: it has told nothing."""
    conn.info.pop(_TOLD, None)


def append(conn: Connection) -> None:
    """Write what the transaction has told, behind the last row; the head is locked until it commits."""
    told = _once(conn.info.pop(_TOLD, ()))
    pages = [told[start : start + _PAGE] for start in range(0, len(told), _PAGE)]
    if len(pages) == 1:
        _write(conn, _read(conn, told))
        return
    # What says no instant of its own has that of the last which does: of all, which are not kept for that.
    known = [ligne.le for page in pages for ligne in _read(conn, page) if ligne.le is not None]
    for page in pages:
        _write(conn, _read(conn, page), max(known, default=None))


def _once(told: Iterable[_Told]) -> list[_Told]:
    """In the order in which they were told first."""
    seen: set[tuple[GenreEcriture, int]] = set()
    kept: list[_Told] = []
    for one in told:
        if isinstance(one, Ligne):
            kept.append(one)
        elif one[:2] not in seen:
            seen.add(one[:2])
            kept.append(one)
    return kept


def _read(conn: Connection, told: Sequence[_Told]) -> list[Ligne]:
    """The rows to write, in the order in which they were told."""
    wanted: dict[GenreEcriture, set[int]] = {}
    for one in told:
        if not isinstance(one, Ligne):
            wanted.setdefault(one[0], set()).add(one[1])
    found = {genre: SOURCES[genre].read(conn, ids) for genre, ids in wanted.items()}
    lignes = []
    for one in told:
        if isinstance(one, Ligne):
            lignes.append(one)
        elif ligne := found[one[0]].pop(one[1], None):
            lignes.append(ligne._replace(par=one[2]) if one[2] else ligne)
    return lignes


def _write(conn: Connection, lignes: Sequence[Ligne], last: datetime | None = None) -> None:
    if not lignes:
        return
    last = last or max((ligne.le for ligne in lignes if ligne.le is not None), default=None)
    latest = write_instant(last) if last else _last_instant(conn)
    dernier, precedente = lock_head(conn)
    rows: list[dict[str, Any]] = []
    for numero, ligne in enumerate(lignes, dernier + 1):
        one = Ecriture(
            numero,
            write_instant(ligne.le) if ligne.le else latest,
            ligne.genre.name,
            ligne.flux_id,
            ligne.fait_id,
            ligne.sujet,
            canonical(ligne.contenu),
            ligne.par or NAVETTE,
            precedente,
            "",
        )
        empreinte = one.digest()
        hashes = {"precedente": bytes.fromhex(precedente), "empreinte": bytes.fromhex(empreinte)}
        rows.append({name: getattr(one, name) for name in _NAMES} | hashes)
        precedente = empreinte
    write_rows(conn, table, rows)
    conn.execute(update(tete).values(numero=dernier + len(rows), empreinte=bytes.fromhex(precedente)))


def _last_instant(conn: Connection) -> str:
    """When the last row was told: what says no instant of its own was not before that."""
    last = select(table.c.le).order_by(table.c.numero.desc()).limit(1)
    return str(conn.execute(last).scalar_one())


def lock_head(conn: Connection) -> tuple[int, str]:
    """Number and hash of the last row, locked until the commit; (0, '') for none.

    A head that somebody has removed or set back does not keep us from going on: the audit tells it.
    """
    last = conn.execute(
        select(tete.c.numero, type_coerce(tete.c.empreinte, String)).with_for_update()
    ).first()
    query = select(table.c.numero, type_coerce(table.c.empreinte, String)).order_by(table.c.numero.desc())
    row = conn.execute(query.limit(1)).first()
    ends = [(one[0], read_hash(one[1])) for one in (last, row) if one is not None]
    return max(ends, key=lambda end: end[0], default=(0, ""))


def read_hash(value: object) -> str:
    """A hash as it lies in a row, in hexadecimal, whatever somebody has put there."""
    return (bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()).hex()
