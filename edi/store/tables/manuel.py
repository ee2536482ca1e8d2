"""Deposits made by hand: who handed in what, and under which name it went into ``in``."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# The number of a row is that of the flux id: never given twice. The flux itself is found by its name.
depot_manuel = Table(
    "depot_manuel",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("appli", String(6), nullable=False),
    Column("nom", Text, nullable=False, default="", server_default=""),  # of the flux
    Column("genre", String(16), nullable=False),
    Column("interface", String(8), nullable=False),
    Column("origine", Text, nullable=False),  # the file's name over there, unprintable characters escaped
    Column("sha256", String(64), nullable=False),  # of what was handed in, not of the flux made of it
    Column("taille", NUMERO, nullable=False),
    Column("signe", Boolean, nullable=False),
    Column("raison", Text, nullable=False),
    Column("par", Text, nullable=False),
    Column("le", Instant, nullable=False),
    Column("pose_le", Instant),  # None: not put into ``in``, or nobody lived to say so
    Index("ix_depot_manuel_appli_id", "appli", "id"),
    Index("ix_depot_manuel_appli_sha256", "appli", "sha256"),
    sqlite_autoincrement=True,
)

Index(
    "ix_depot_manuel_open",
    depot_manuel.c.le,
    sqlite_where=depot_manuel.c.pose_le.is_(None),
    postgresql_where=depot_manuel.c.pose_le.is_(None),
)
