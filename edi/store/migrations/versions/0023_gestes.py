"""what operators do: why somebody looks after an alert, what is put on a server once more"""

from alembic import op
import sqlalchemy as sa


revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerte", sa.Column("acquittee_raison", sa.Text(), nullable=False, server_default=""))

    op.add_column("livraison", sa.Column("redemandee_le", sa.String(length=32)))
    again = sa.text("redemandee_le IS NOT NULL")
    op.create_index(
        "ix_livraison_again", "livraison", ["emission_id"], sqlite_where=again, postgresql_where=again
    )
    op.create_table(
        "quarantaine",
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("vers", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_quarantaine")),
    )
    op.create_table(
        "retenue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=True),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("pose_le", sa.String(length=32), nullable=False),
        sa.Column("jusqu", sa.String(length=32), nullable=False),
        sa.Column("levee_le", sa.String(length=32), nullable=True),
        sa.Column("levee_par", sa.Text(), nullable=False, server_default=""),
        sa.Column("levee_raison", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_retenue_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retenue")),
    )
    op.create_index(op.f("ix_retenue_flux_id"), "retenue", ["flux_id"])
    unended = sa.text("levee_le IS NULL")
    op.create_index(
        "ix_retenue_open", "retenue", ["appli", "jusqu"], sqlite_where=unended, postgresql_where=unended
    )


def downgrade() -> None:
    op.drop_table("retenue")
    op.drop_table("quarantaine")
    op.drop_index("ix_livraison_again", "livraison")
    op.drop_column("livraison", "redemandee_le")
    op.drop_column("alerte", "acquittee_raison")
