"""What operators have said, and what follows from it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# What became of a quarantined deposit, by the ticket that it was quarantined under.
quarantaine = Table(
    "quarantaine",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("issue", String(16), nullable=False),  # reprise, abandon
    Column("raison", Text, nullable=False),
    Column("par", Text, nullable=False),
    Column("le", Instant, nullable=False),
    Column("vers", String(64), nullable=False, default=""),  # the ticket that it was taken up under
)

# What an operator keeps from being judged until an instant: a flux, or what a déposant deposits from now on.
retenue = Table(
    "retenue",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("appli", String(6), nullable=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), index=True),  # None: all that is received since
    Column("raison", Text, nullable=False),
    Column("par", Text, nullable=False),
    Column("pose_le", Instant, nullable=False),
    Column("jusqu", Instant, nullable=False),
    Column("levee_le", Instant),  # None: not ended by anybody
    Column("levee_par", Text, nullable=False, default="", server_default=""),
    Column("levee_raison", Text, nullable=False, default="", server_default=""),
)

Index(
    "ix_retenue_open",
    retenue.c.appli,
    retenue.c.jusqu,
    sqlite_where=retenue.c.levee_le.is_(None),
    postgresql_where=retenue.c.levee_le.is_(None),
)
