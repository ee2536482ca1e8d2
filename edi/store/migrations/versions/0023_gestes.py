"""what operators say: why somebody looks after an alert"""

from alembic import op
import sqlalchemy as sa


revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerte", sa.Column("acquittee_raison", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("alerte", "acquittee_raison")
