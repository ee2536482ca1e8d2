"""facture: the last accepted ones of a fournisseur to a destinataire"""

from alembic import op
import sqlalchemy as sa


revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    accepted = sa.text("statut NOT IN ('', 'NON_CONFORME')")
    columns = ["fournisseur", "destinataire", "id"]
    op.create_index(
        "ix_facture_acceptee", "facture", columns, sqlite_where=accepted, postgresql_where=accepted
    )


def downgrade() -> None:
    op.drop_index("ix_facture_acceptee", "facture")
