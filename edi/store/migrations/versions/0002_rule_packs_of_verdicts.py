"""rule packs of verdicts"""

from alembic import op
import sqlalchemy as sa


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pack_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("packs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_set")),
        sa.UniqueConstraint("sha256", name=op.f("uq_pack_set_sha256")),
    )
    # In place: SQLite would copy the whole table of invoices for a constraint of its own.
    op.add_column(
        "facture",
        sa.Column("pack_set_id", sa.Integer(), sa.ForeignKey("pack_set.id"), nullable=True),
        inline_references=True,
    )
    op.create_index(op.f("ix_facture_pack_set_id"), "facture", ["pack_set_id"])


def downgrade() -> None:
    with op.batch_alter_table("facture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facture_pack_set_id"))
        batch_op.drop_column("pack_set_id")
    op.drop_table("pack_set")
