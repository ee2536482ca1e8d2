"""relais: what destinataires say of invoices, and return flows that are filled until an instant"""

from alembic import op
import sqlalchemy as sa


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flux", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nature", sa.String(16), nullable=False, server_default="factures"))
    with op.batch_alter_table("emission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pas_avant", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("accuse", sa.String(2), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("accuse_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_emission_accuse_id_flux"), "flux", ["accuse_id"], ["id"])
    with op.batch_alter_table("facture_statut", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fait_le", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("complement", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("mandat", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("producteur", sa.String(14), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("retour_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_facture_statut_retour_id_flux"), "flux", ["retour_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_facture_statut_retour_id"), ["retour_id"], unique=False)
    op.create_table(
        "remise",
        sa.Column("emission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facture_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["emission_id"], ["emission.id"], name=op.f("fk_remise_emission_id_emission")
        ),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_remise_facture_id_facture")),
        sa.PrimaryKeyConstraint("emission_id", "facture_id", name=op.f("pk_remise")),
    )
    op.create_index(op.f("ix_remise_facture_id"), "remise", ["facture_id"])


def downgrade() -> None:
    op.drop_table("remise")
    with op.batch_alter_table("facture_statut", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facture_statut_retour_id"))
        batch_op.drop_constraint(batch_op.f("fk_facture_statut_retour_id_flux"), type_="foreignkey")
        for name in ("retour_id", "producteur", "mandat", "complement", "fait_le"):
            batch_op.drop_column(name)
    with op.batch_alter_table("emission", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_emission_accuse_id_flux"), type_="foreignkey")
        for name in ("accuse_id", "accuse", "pas_avant"):
            batch_op.drop_column(name)
    with op.batch_alter_table("flux", schema=None) as batch_op:
        batch_op.drop_column("nature")
