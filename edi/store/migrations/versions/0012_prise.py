"""prise: the remote files that were taken; a relevé is what was deposited on a day"""

from alembic import op
import sqlalchemy as sa


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("releve", "prise")


def downgrade() -> None:
    _rename("prise", "releve")


def _rename(before: str, after: str) -> None:
    """The table, and what bears its name."""
    pending = sa.text("apres_le IS NULL")
    op.drop_index(f"ix_{before}_apres_pending", table_name=before)
    op.drop_index(f"ix_{before}_serveur_dossier_nom", table_name=before)
    op.rename_table(before, after)
    with op.batch_alter_table(after, schema=None) as batch_op:
        batch_op.drop_constraint(f"uq_{before}_ticket", type_="unique")
        batch_op.create_unique_constraint(op.f(f"uq_{after}_ticket"), ["ticket"])
    op.create_index(f"ix_{after}_serveur_dossier_nom", after, ["serveur", "dossier", "nom"])
    op.create_index(
        f"ix_{after}_apres_pending",
        after,
        ["serveur"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
