"""envoi: what is put on the server of a déposant besides return flows: reste and statut of a flux"""

from alembic import op
import sqlalchemy as sa


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "envoi",
        sa.Column("flux_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nature", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("livre_le", sa.String(length=32), nullable=True),
        sa.Column("serveur", sa.Text(), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False),
        sa.Column("prochain_essai", sa.String(length=32), nullable=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_envoi_flux_id_flux")),
        sa.PrimaryKeyConstraint("flux_id", "nature", name=op.f("pk_envoi")),
    )
    op.create_index(
        "ix_envoi_pending",
        "envoi",
        ["flux_id"],
        sqlite_where=sa.text("livre_le IS NULL"),
        postgresql_where=sa.text("livre_le IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("envoi")
