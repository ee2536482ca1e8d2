"""what is being received"""

from alembic import op
import sqlalchemy as sa


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("taille", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("vu_le", sa.String(length=32), nullable=False),
        sa.Column("change_le", sa.String(length=32), nullable=False),
        sa.Column("attend", sa.String(length=16), nullable=False),
        sa.Column("echeance", sa.String(length=32), nullable=True),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception")),
        sa.UniqueConstraint("appli", "nom", "ticket", name=op.f("uq_reception_appli_nom_ticket")),
    )
    op.create_index(op.f("ix_reception_ticket"), "reception", ["ticket"])


def downgrade() -> None:
    op.drop_table("reception")
