"""garde: received bytes that were forgotten, flux that are kept whatever their age"""

from alembic import op
import sqlalchemy as sa


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oubli",
        sa.Column("flux_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taille", sa.Integer(), nullable=False),
        sa.Column("classe", sa.String(length=16), nullable=False),
        sa.Column("regle", sa.Text(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("fait_le", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_oubli_flux_id_flux")),
        sa.PrimaryKeyConstraint("flux_id", "sha256", name=op.f("pk_oubli")),
    )
    op.create_index(op.f("ix_oubli_sha256"), "oubli", ["sha256"], unique=False)
    pending = sa.text("fait_le IS NULL")
    op.create_index("ix_oubli_pending", "oubli", ["sha256"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "gel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("leve_le", sa.String(length=32), nullable=True),
        sa.Column("leve_par", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_gel_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gel")),
    )
    op.create_index(op.f("ix_gel_flux_id"), "gel", ["flux_id"], unique=False)
    held = sa.text("leve_le IS NULL")
    op.create_index("ix_gel_open", "gel", ["flux_id"], unique=True, sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_table("gel")
    op.drop_table("oubli")
