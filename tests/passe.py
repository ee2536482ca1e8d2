"""A past for a workspace, quickly: lots that were really judged, copied with ids, names and days of theirs.

Copies are made in the database alone, by its own SQL; no file of theirs lies in the store. Their rows are
those of real lots, all of them: invoices, statuts, findings, answers, verdicts and the journal. What is not
true of them is the chain of the journal, whose hashes are drawn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

# In this order: what is copied by then may be named. The others (annuaire, mandats...) stay as they are.
COPIED = (
    "flux flux_statut facture facture_statut finding emission jugement jugement_facture decompte suivi rejet"
).split()
JOURS = 400  # that the past covers, the last of them the day before yesterday

_FLUX = {
    "ticket": "'P' || printf('%019d', {flux}) || substr(t.ticket, 21)",
    "nom": "replace(t.nom, t.idflux, substr(t.idflux, 1, 10) || printf('%015d', 1000000 + {flux}))",
    "idflux": "substr(t.idflux, 1, 10) || printf('%015d', 1000000 + {flux})",
    "sha256": "lower(hex(randomblob(32)))",
}
_FACTURE = {
    "fichier": "'f' || {id} || '.xml'",
    "numero": "t.numero || '-' || s.k",
    "fournisseur": "printf('2%013d', (s.k * 7919 + t.id) % 40000)",
    "destinataire": "printf('1%013d', (s.k * 104729 + t.id * 31) % 60000)",
    "engagement": "'EJ' || {id}",
}
_EMISSION = {"numero": "{id}", "nom": "replace(t.nom, printf('%07d', t.numero), printf('%09d', {id}))"}
_REJET = {"fournisseur": "printf('2%013d', (s.k * 7919 + t.facture_id) % 40000)"}
_ITS_OWN = {"flux": _FLUX, "facture": _FACTURE, "emission": _EMISSION, "rejet": _REJET}


def make_past(database: Path, copies: int, tell: Callable[[str], None] = lambda text: None) -> int:
    """Copy all that lies in a database so many times; how many invoices it holds then.

    Nothing else may be at work on it. Indexes are made once, at the end.
    """
    base = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -500000"):
        base.execute(f"PRAGMA {pragma}")
    indexes = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN "
        f"({', '.join('?' * (len(COPIED) + 2))})",
        [*COPIED, "facture_unique", "journal"],
    ).fetchall()
    for name, _ in indexes:
        base.execute(f"DROP INDEX {name}")
    base.execute(f"CREATE TEMP TABLE s AS {_numbers(copies)}")
    spans = {name: base.execute(f"SELECT max(rowid) FROM {name}").fetchone()[0] or 0 for name in COPIED}
    journal = base.execute("SELECT max(numero) FROM journal").fetchone()[0]
    for name in COPIED:
        base.execute(f"CREATE TEMP TABLE t AS SELECT * FROM {name}")
        base.execute("BEGIN")
        base.execute(_copy(base, name, spans, copies))
        base.execute("COMMIT")
        base.execute("DROP TABLE temp.t")
        tell(name)
    base.execute(_REGISTER, [spans["facture"]])
    tell("facture_unique")
    _copy_journal(base, spans, journal, copies)
    tell("journal")
    for name, sql in indexes:
        base.execute(sql)
        tell(name)
    invoices: int = base.execute("SELECT count(*) FROM facture").fetchone()[0]
    base.execute("PRAGMA journal_mode = WAL")
    base.close()
    return invoices


def _numbers(copies: int) -> str:
    return (
        f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {copies}) SELECT k FROM n"
    )


def _copy(base: sqlite3.Connection, name: str, spans: dict[str, int], copies: int) -> str:
    """The statement that copies a table, the copies one after the other."""
    keys = {row[3]: row[2] for row in base.execute(f"PRAGMA foreign_key_list({name})")}
    own = _ITS_OWN.get(name, {})
    words = {"id": f"(t.id + s.k * {spans[name]})", "flux": f"(t.id + s.k * {spans['flux']})"}
    columns = [(row[1], row[5]) for row in base.execute(f"PRAGMA table_info({name})")]
    values = []
    for column, _ in columns:
        if column in own:
            values.append(own[column].format(**words))
        elif column == "id":
            values.append(words["id"])
        elif keys.get(column) in spans:
            values.append(f"t.{column} + s.k * {spans[keys[column]]}")
        elif column == "le" or column.endswith("_le"):
            values.append(
                f"CASE WHEN t.{column} IS NULL THEN NULL ELSE {_instant('t.' + column, copies)} END"
            )
        else:
            values.append(f"t.{column}")
    names = ", ".join(column for column, _ in columns)
    return f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM s CROSS JOIN temp.t AS t"


def _instant(column: str, copies: int) -> str:
    """The instant of a copy: the oldest first, the last two days before that of what is copied."""
    back = f"-{JOURS} * 86400.0 * ({copies} + 1 - s.k) / {copies} - 172800"
    return f"strftime('%Y-%m-%dT%H:%M:%f000+00:00', {column}, ({back}) || ' seconds')"


_REGISTER = """
INSERT INTO facture_unique (fournisseur, numero, annee, facture_id)
SELECT substr(fournisseur, 1, 9), numero, 2025, id FROM facture
WHERE id > ? AND statut NOT IN ('', 'NON_CONFORME') ORDER BY 1, 2
"""


def _copy_journal(base: sqlite3.Connection, spans: dict[str, int], journal: int, copies: int) -> None:
    """Its rows before those that are there: they must tell the newest last."""
    guards = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'journal%'"
    ).fetchall()
    for name, _ in guards:
        base.execute(f"DROP TRIGGER {name}")
    base.execute("CREATE TEMP TABLE t AS SELECT * FROM journal WHERE genre <> 'OUVERTURE'")
    base.execute("BEGIN")
    base.execute(
        "INSERT INTO journal "
        "(numero, le, genre, flux_id, fait_id, sujet, contenu, par, precedente, empreinte) "
        f"SELECT t.numero + s.k * {journal}, {_instant('t.le', copies)}, t.genre, "
        f"t.flux_id + s.k * {spans['flux']}, t.fait_id, t.sujet, t.contenu, t.par, "
        "randomblob(32), randomblob(32) FROM s CROSS JOIN temp.t AS t"
    )
    base.execute(
        "UPDATE journal_tete SET (numero, empreinte) = "
        "(SELECT numero, empreinte FROM journal ORDER BY numero DESC LIMIT 1)"
    )
    base.execute("COMMIT")
    base.execute("DROP TABLE temp.t")
    for _, sql in guards:
        base.execute(sql)
