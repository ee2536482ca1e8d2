"""suivi: what a déposant was told of each flux in statut/; every flux that is known is to be told"""

from alembic import op
import sqlalchemy as sa


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suivi",
        sa.Column("flux_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("dite", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("proprietaire", sa.String(80), nullable=False, server_default=""),
        sa.Column("reste_de", sa.Integer(), nullable=True),
        sa.Column("reste_le", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_suivi_flux_id_flux")),
        sa.ForeignKeyConstraint(["reste_de"], ["flux.id"], name=op.f("fk_suivi_reste_de_flux")),
        sa.PrimaryKeyConstraint("flux_id", name=op.f("pk_suivi")),
    )
    with op.batch_alter_table("suivi", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suivi_reste_de"), ["reste_de"], unique=False)
    op.create_index(
        "ix_suivi_pending",
        "suivi",
        ["flux_id"],
        sqlite_where=sa.text("revision != dite"),
        postgresql_where=sa.text("revision != dite"),
    )
    op.execute("INSERT INTO suivi (flux_id) SELECT id FROM flux")


def downgrade() -> None:
    op.drop_table("suivi")
