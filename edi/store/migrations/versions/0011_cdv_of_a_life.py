"""messages of cycle de vie of a whole life: the change that each tells, when and why it was given"""

from alembic import op
import sqlalchemy as sa


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("message_cdv", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facture_statut_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pose_le", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("raisons", sa.Text(), nullable=False, server_default="[]"))
        batch_op.create_foreign_key(
            batch_op.f("fk_message_cdv_facture_statut_id_facture_statut"),
            "facture_statut",
            ["facture_statut_id"],
            ["id"],
        )
        batch_op.create_index(
            batch_op.f("ix_message_cdv_facture_statut_id"), ["facture_statut_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("message_cdv", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_cdv_facture_statut_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_message_cdv_facture_statut_id_facture_statut"), type_="foreignkey"
        )
        for name in ("raisons", "pose_le", "facture_statut_id"):
            batch_op.drop_column(name)
