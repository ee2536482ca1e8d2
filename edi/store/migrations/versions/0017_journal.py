"""journal: append-only, hash-chained; it begins with one row that says what was there before it"""

import hashlib
import json
from datetime import UTC, datetime

from alembic import context, op
import sqlalchemy as sa


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NUMERO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# What was there before and is told from now on: its last id, and how many.
_BEFORE = {
    "RECEPTION": ("flux", "id"),
    "FLUX": ("flux_statut", "id"),
    "CONTROLE": ("flux", "id"),
    "PACKS": ("pack_set", "id"),
    "VERDICT": ("facture", "id"),
    "FACTURE": ("facture_statut", "id"),
    "REPONSE": ("emission", "id"),
    "DEPART": ("emission", "id"),
    "LIVRAISON": ("livraison", "emission_id"),
    "PRISE": ("prise", "id"),
    "REPRISE": ("reprise", "id"),
    "ACQUITTEMENT": ("acquittement", "id"),
    "MANDAT": ("mandat_evenement", "id"),
    "IMPORT": ("annuaire_import", "id"),
}
_REFUSED = "le journal ne se réécrit pas"


def upgrade() -> None:
    journal = op.create_table(
        "journal",
        sa.Column("numero", _NUMERO, nullable=False, autoincrement=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("genre", sa.String(length=16), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=True),
        sa.Column("fait_id", sa.Integer(), nullable=True),
        sa.Column("sujet", sa.Text(), nullable=False),
        sa.Column("contenu", sa.Text(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("precedente", sa.LargeBinary(length=32), nullable=False),
        sa.Column("empreinte", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("numero", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_flux_id"), "journal", ["flux_id"])
    roots = sa.text("genre = 'RACINE'")
    op.create_index("ix_journal_racine", "journal", ["numero"], sqlite_where=roots, postgresql_where=roots)
    tete = op.create_table(
        "journal_tete",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("numero", _NUMERO, nullable=False),
        sa.Column("empreinte", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_tete")),
    )
    if not context.config.attributes.get("reprend"):  # else all its rows come from another database
        first = _open()
        op.bulk_insert(journal, [first])
        op.bulk_insert(tete, [{"id": 1, "numero": 1, "empreinte": first["empreinte"]}])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _open() -> dict[str, object]:
    """The first row. What was before is counted and not invented: nobody knows who did it."""
    counts = {}
    for genre, (table, key) in _BEFORE.items():
        query = sa.text(f"SELECT count(*), coalesce(max({key}), 0) FROM {table}")
        lignes, dernier = op.get_bind().execute(query).one()
        counts[genre] = {"lignes": lignes, "dernier": dernier}
    at = context.config.attributes.get("at") or datetime.now(UTC)
    row = {
        "numero": 1,
        "le": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "genre": "OUVERTURE",
        "flux_id": None,
        "fait_id": None,
        "sujet": "",
        "contenu": _canonical({"avant": counts}),
        "par": "navette",
        "precedente": "",
    }
    digest = hashlib.sha256(_canonical(list(row.values())).encode()).digest()
    return {**row, "precedente": b"", "empreinte": digest}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


_SQLITE = (
    f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    # INSERT OR REPLACE removes a row without a word to the trigger above.
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal "
    "WHEN NEW.numero <= (SELECT numero FROM journal_tete) "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    "CREATE TRIGGER journal_tete_no_return BEFORE UPDATE ON journal_tete WHEN NEW.numero <= OLD.numero "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    "CREATE TRIGGER journal_tete_no_delete BEFORE DELETE ON journal_tete "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
    "CREATE TRIGGER journal_no_update BEFORE UPDATE OR DELETE ON journal "
    "FOR EACH ROW EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_tete_no_return BEFORE UPDATE ON journal_tete FOR EACH ROW "
    "WHEN (NEW.numero <= OLD.numero) EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_tete_no_delete BEFORE DELETE ON journal_tete "
    "FOR EACH ROW EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_tete_no_truncate BEFORE TRUNCATE ON journal_tete "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()",
)


def downgrade() -> None:
    op.drop_table("journal_tete")
    op.drop_table("journal")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION journal_refuse()")
