"""APScheduler, which wakes us when a job is due. It decides nothing: what is due is looked up afterwards.

Its hours are those of :mod:`edi.nuit.echeances`. A ring that is lost, late or heard twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from edi.model import Tache
from edi.nuit.echeances import next_due

log = structlog.get_logger()


class Ouverture(BaseTrigger):  # type: ignore[misc]  # apscheduler bears no types
    """Fires at each opening of a job's window."""

    def __init__(self, tache: Tache) -> None:
        self.tache = tache

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first opening after both instants; None when there is none within two years."""
        after = max(previous or now, now)
        start: date = after.astimezone(self.tache.fuseau).date() - timedelta(days=1)
        return next((one.ouvre for one in next_due(self.tache, start, after)), None)


def ring(nom: str) -> None:
    """What APScheduler runs: nothing but a word in the log. Whoever listens to it does the rest."""
    log.info("night_rings", tache=nom)


def make_reveil(base: Engine, fuseau: ZoneInfo, wake: Callable[[], None]) -> BackgroundScheduler:
    """A scheduler, not started, that calls ``wake`` (in a thread of its own) whenever a job falls due."""
    reveil = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=base)},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone=fuseau,
    )

    def hear(event: JobEvent) -> None:
        wake()

    reveil.add_listener(hear, EVENT_JOB_EXECUTED | EVENT_JOB_MISSED)
    return reveil


def set_hours(reveil: BackgroundScheduler, taches: Collection[Tache]) -> None:
    """Let a scheduler that is started know these jobs and no others; a ring that was missed comes at once."""
    known = {job.id: job for job in reveil.get_jobs()}
    for stale in known.keys() - {tache.nom for tache in taches}:
        reveil.remove_job(stale)
    for tache in taches:
        job = known.get(tache.nom)
        if job is None or job.trigger.tache != tache:
            reveil.add_job(ring, Ouverture(tache), args=[tache.nom], id=tache.nom, replace_existing=True)
