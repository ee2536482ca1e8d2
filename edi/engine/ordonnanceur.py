"""The scheduler of a cluster: it holds no invoice and judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import dask
from distributed import Scheduler, Security

from edi.engine.travailleur import CALME, wait_for_end

_ICI = "127.0.0.1:0"  # where Dask's own pages are served: to this machine alone


@dataclass(frozen=True, slots=True)
class Ordonnanceur:
    """Where it listens, and when it gives a worker up."""

    hote: str
    port: int
    silence: float = 60.0  # seconds without news after which the work of a worker goes to another one
    tls: Mapping[str, str] = field(default_factory=dict)  # arguments of distributed.Security


def run_scheduler(wanted: Ordonnanceur) -> None:
    """Schedule until this process is asked to end (SIGTERM, SIGINT). Raises OSError when it cannot listen."""
    with dask.config.set(CALME):
        asyncio.run(_schedule(wanted))


async def _schedule(wanted: Ordonnanceur) -> None:
    asked = await wait_for_end()
    async with Scheduler(
        host=wanted.hote,
        port=wanted.port,
        protocol="tls" if wanted.tls else "tcp",
        security=Security(require_encryption=True, **wanted.tls) if wanted.tls else None,
        worker_ttl=wanted.silence,
        dashboard=False,
        dashboard_address=_ICI,
    ) as scheduler:
        over = asyncio.create_task(scheduler.finished())
        await asyncio.wait({asked, over}, return_when=asyncio.FIRST_COMPLETED)
