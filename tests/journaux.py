"""A workspace with a journal of three days, and somebody who tampers with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from workspace import deposit, later, make_espace

from edi.app import App
from edi.espace import Espace
from edi.journal import verification
from edi.journal.verification import Preuve
from edi.model.journal import Ecriture
from edi.samples import LotSpec
from edi.store import ecritures, journal
from edi.store.database import reading

COLUMNS = (
    "numero",
    "le",
    "genre",
    "flux_id",
    "fait_id",
    "sujet",
    "contenu",
    "par",
    "precedente",
    "empreinte",
)
OTHER: dict[str, object] = {
    "numero": -7,
    "le": "2001-01-01T00:00:00.000000+00:00",
    "flux_id": 77,
    "fait_id": 777,
    "precedente": bytes(32),
    "empreinte": "autre chose",
}


def make_three_days(root: Path) -> None:
    """Two days that are sealed, and the work of a third; each at nine in the morning."""
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, fautes=("ttc-faux",)))
    App(espace).run_once()
    deposit(espace, LotSpec("ubl", 1, numero_flux=2, graine=2, tronque=True))
    App(later(espace, 24)).run_once()
    with espace.engine.begin() as conn:
        journal.note_act(conn, "essai", "un acte que rien d'autre ne garde", later(espace, 25).now())
    deposit(espace, LotSpec("ubl", 2, numero_flux=3, graine=3))
    App(later(espace, 48)).run_once()
    espace.engine.dispose()


def prove(espace: Espace, *, complet: bool = True) -> Preuve:
    return verification.prove(espace.engine, espace.spool, complet=complet)


def rows_of(espace: Espace) -> list[Ecriture]:
    with reading(espace.engine) as conn:
        return [row for page in ecritures.read_from(conn) for row in page]


def last_sealed(espace: Espace) -> int:
    with reading(espace.engine) as conn:
        racine = ecritures.last_root(conn)
    assert racine is not None
    return racine.dernier


@contextmanager
def behind_its_back(espace: Espace) -> Iterator[Connection]:
    """What is done here is done by somebody who can take the triggers away and put them back; then undone."""
    with espace.engine.connect() as conn:
        if conn.dialect.name == "sqlite":
            guards = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            away = [f"DROP TRIGGER {guard.name}" for guard in guards]
            conn.info["guards"] = [guard.sql for guard in guards]
        else:
            tables = ("journal", "journal_tete")
            away = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
            conn.info["guards"] = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        for statement in away:
            conn.execute(text(statement))
        yield conn
        conn.rollback()


def prove_now(conn: Connection, espace: Espace, *, complet: bool = True) -> Preuve:
    """The proof of what somebody has done, the triggers being back."""
    for sql in conn.info["guards"]:
        conn.exec_driver_sql(sql)
    return verification.verify(conn, espace.spool, espace.spool.root_days(), complet=complet)


def write_chain(conn: Connection, rows: Sequence[Ecriture]) -> None:
    """Put rows in the place of all that bear their number or a later one, their hashes true, the head too."""
    first = rows[0].numero
    conn.execute(text("DELETE FROM journal WHERE numero >= :n"), {"n": first})
    before = ecritures.read_one(conn, first - 1)
    precedente = before.empreinte if before else ""
    for numero, row in enumerate(rows, first):
        values = {name: getattr(row, name) for name in COLUMNS}
        values |= {"numero": numero, "precedente": precedente}
        precedente = Ecriture(**values).digest()
        values |= {"precedente": bytes.fromhex(values["precedente"]), "empreinte": bytes.fromhex(precedente)}
        names = ", ".join(COLUMNS)
        holes = ", ".join(f":{name}" for name in COLUMNS)
        conn.execute(text(f"INSERT INTO journal ({names}) VALUES ({holes})"), values)
    fix_head(conn)


def fix_head(conn: Connection) -> None:
    last = "SELECT numero, empreinte FROM journal ORDER BY numero DESC LIMIT 1"
    conn.execute(text(f"UPDATE journal_tete SET (numero, empreinte) = ({last})"))


def altered(row: Ecriture, column: str) -> object:
    value = getattr(row, column)
    return OTHER.get(column, f"{value}x")
