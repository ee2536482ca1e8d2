"""alertes: counts that rules are measured on, breakers of rules, alerts and what tells them, écarts"""

from alembic import op
import sqlalchemy as sa


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decompte",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("fournisseur", sa.Text(), nullable=False),
        sa.Column("factures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_decompte_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decompte")),
    )
    op.create_index(op.f("ix_decompte_le"), "decompte", ["le"])
    op.create_index("ix_decompte_source_code_le", "decompte", ["source", "code", "le", "factures"])
    op.create_table(
        "disjoncteur",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("declenche_le", sa.String(length=32), nullable=False),
        sa.Column("refusees", sa.Integer(), nullable=False),
        sa.Column("jugees", sa.Integer(), nullable=False),
        sa.Column("fournisseurs", sa.Integer(), nullable=False),
        sa.Column("deposants", sa.Integer(), nullable=False),
        sa.Column("refusees_avant", sa.Integer(), nullable=False),
        sa.Column("jugees_avant", sa.Integer(), nullable=False),
        sa.Column("avis", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("par", sa.Text(), nullable=False, server_default=""),
        sa.Column("leve_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disjoncteur")),
    )
    _partial("ix_disjoncteur_open", "disjoncteur", ["source", "code"], "avis != 'juste'", unique=True)
    op.create_table(
        "alerte",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cle", sa.Text(), nullable=False),
        sa.Column("regle", sa.String(length=32), nullable=False),
        sa.Column("gravite", sa.String(length=16), nullable=False),
        sa.Column("qui", sa.String(length=16), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("remede", sa.Text(), nullable=False),
        sa.Column("depuis", sa.String(length=32), nullable=False),
        sa.Column("apparue_le", sa.String(length=32), nullable=False),
        sa.Column("vue_le", sa.String(length=32), nullable=False),
        sa.Column("ouverte_le", sa.String(length=32), nullable=True),
        sa.Column("dite_le", sa.String(length=32), nullable=True),
        sa.Column("acquittee_par", sa.Text(), nullable=False, server_default=""),
        sa.Column("acquittee_jusqu", sa.String(length=32), nullable=True),
        sa.Column("absente_depuis", sa.String(length=32), nullable=True),
        sa.Column("resolue_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerte")),
    )
    _partial("ix_alerte_current", "alerte", ["cle"], "resolue_le IS NULL", unique=True)
    op.create_table(
        "annonce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cle", sa.String(length=64), nullable=False),
        sa.Column("canal", sa.Text(), nullable=False),
        sa.Column("contenu", sa.Text(), nullable=False),
        sa.Column("cree_le", sa.String(length=32), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("prochain_essai", sa.String(length=32), nullable=True),
        sa.Column("incident", sa.Text(), nullable=False, server_default=""),
        sa.Column("partie_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annonce")),
        sa.UniqueConstraint("cle", name=op.f("uq_annonce_cle")),
    )
    _partial("ix_annonce_pending", "annonce", ["id"], "partie_le IS NULL")
    op.create_table(
        "ecart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regle", sa.Text(), nullable=False),
        sa.Column("sujet", sa.Text(), nullable=False),
        sa.Column("constat", sa.Text(), nullable=False),
        sa.Column("complet", sa.Boolean(), nullable=False),
        sa.Column("vu_le", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecart")),
    )


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for table in ("ecart", "annonce", "alerte", "disjoncteur", "decompte"):
        op.drop_table(table)
