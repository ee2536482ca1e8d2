"""nuits: jobs of the night, their runs and steps, the relevés they made, and what APScheduler keeps"""

from alembic import op
import sqlalchemy as sa


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tache",
        sa.Column("nom", sa.String(length=40), nullable=False),
        sa.Column("couverte", sa.Date(), nullable=False),
        sa.Column("pause_le", sa.String(length=32), nullable=True),
        sa.Column("proprietaire", sa.String(length=80), server_default="", nullable=False),
        sa.Column("jeton", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("nom", name=op.f("pk_tache")),
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tache", sa.String(length=40), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("echeance", sa.String(length=32), nullable=False),
        sa.Column("genre", sa.String(length=16), nullable=False),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("debut", sa.String(length=32), nullable=True),
        sa.Column("fin", sa.String(length=32), nullable=True),
        sa.Column("processus", sa.String(length=80), nullable=False),
        sa.Column("reprises", sa.Integer(), nullable=False),
        sa.Column("doubles", sa.Integer(), nullable=False),
        sa.Column("chevauche", sa.String(length=32), nullable=True),
        sa.Column("rattrape_par", sa.Integer(), nullable=True),
        sa.Column("rapport", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rattrape_par"], ["passage.id"], name=op.f("fk_passage_rattrape_par_passage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    op.create_index(op.f("ix_passage_issue"), "passage", ["issue"], unique=False)
    op.create_index(op.f("ix_passage_tache"), "passage", ["tache"], unique=False)
    op.create_index(
        "uq_passage_tache_jour",
        "passage",
        ["tache", "jour"],
        unique=True,
        sqlite_where=sa.text("genre != 'MANUEL'"),
        postgresql_where=sa.text("genre != 'MANUEL'"),
    )
    op.create_table(
        "passage_etape",
        sa.Column("passage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rang", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("etape", sa.String(length=16), nullable=False),
        sa.Column("debut", sa.String(length=32), nullable=False),
        sa.Column("fin", sa.String(length=32), nullable=True),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("comptes", sa.Text(), nullable=False),
        sa.Column("incidents", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passage.id"], name=op.f("fk_passage_etape_passage_id_passage")
        ),
        sa.PrimaryKeyConstraint("passage_id", "rang", name=op.f("pk_passage_etape")),
    )
    op.create_table(
        "releve_jour",
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("fait_le", sa.String(length=32), nullable=False),
        sa.Column("flux", sa.Integer(), nullable=False),
        sa.Column("factures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("appli", "jour", name=op.f("pk_releve_jour")),
    )
    op.create_table(
        "apscheduler_jobs",
        sa.Column("id", sa.Unicode(length=191), nullable=False),
        sa.Column("next_run_time", sa.Float(precision=25), nullable=True),
        sa.Column("job_state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apscheduler_jobs")),
    )
    op.create_index(
        op.f("ix_apscheduler_jobs_next_run_time"), "apscheduler_jobs", ["next_run_time"], unique=False
    )


def downgrade() -> None:
    for table in ("apscheduler_jobs", "releve_jour", "passage_etape", "passage", "tache"):
        op.drop_table(table)
