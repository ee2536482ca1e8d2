"""attendus: what déposants are expected to bring, its history, what they were told"""

from alembic import op
import sqlalchemy as sa


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attendu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("etat", sa.String(length=16), nullable=False),
        sa.Column("jours", sa.Text(), nullable=False),
        sa.Column("debut", sa.String(length=5), nullable=False),
        sa.Column("fin", sa.String(length=5), nullable=False),
        sa.Column("volumes", sa.Text(), nullable=False),
        sa.Column("pointe", sa.Text(), nullable=False, server_default=""),
        sa.Column("feries", sa.String(length=16), nullable=False),
        sa.Column("territoire", sa.String(length=8), nullable=False, server_default=""),
        sa.Column("fermetures", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("du", sa.Date(), nullable=True),
        sa.Column("au", sa.Date(), nullable=True),
        sa.Column("pause_au", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendu")),
    )
    op.create_index(op.f("ix_attendu_appli"), "attendu", ["appli"])
    _partial("uq_attendu_appli_etat", "attendu", ["appli", "etat"], "etat != 'TERMINE'", unique=True)
    op.create_table(
        "attendu_evenement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attendu_id", sa.Integer(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("acte", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendu_id"], ["attendu.id"], name=op.f("fk_attendu_evenement_attendu_id_attendu")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendu_evenement")),
    )
    op.create_index(op.f("ix_attendu_evenement_attendu_id"), "attendu_evenement", ["attendu_id"])
    op.create_table(
        "signalement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attendu_id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("nature", sa.String(length=16), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("depuis", sa.String(length=32), nullable=False),
        sa.Column("dit_le", sa.String(length=32), nullable=False),
        sa.Column("courriel", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("suivante", sa.String(length=32), nullable=True),
        sa.Column("fin_le", sa.String(length=32), nullable=True),
        sa.Column("fin", sa.Text(), nullable=False, server_default=""),
        sa.Column("pose", sa.Boolean(), nullable=False),
        sa.Column("a_livrer", sa.Boolean(), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("prochain_essai", sa.String(length=32), nullable=True),
        sa.Column("incident", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["attendu_id"], ["attendu.id"], name=op.f("fk_signalement_attendu_id_attendu")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signalement")),
        sa.UniqueConstraint(
            "attendu_id", "jour", "nature", name=op.f("uq_signalement_attendu_id_jour_nature")
        ),
    )
    _partial("ix_signalement_open", "signalement", ["appli"], "fin_le IS NULL")


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for table in ("signalement", "attendu_evenement", "attendu"):
        op.drop_table(table)
