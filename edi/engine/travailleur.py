"""The workers that a machine lends to a cluster: kept alive, and back when the scheduler is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import dask
import structlog
from distributed import Nanny, Security

from edi.engine.envoi import Juge
from edi.engine.grappe import PREFIXE
from edi.model.identite import Identite

log = structlog.get_logger()

_REST = 1.0  # seconds before a worker is started again
_ICI = "127.0.0.1:0"  # where Dask's own pages are served: to this machine alone
# Dask looks at itself fifty times a second; idle, that cost a tenth of a processor for two workers.
CALME = {
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.worker.memory.monitor-interval": "500ms",
}
# A worker starts a process that judges, which a daemonic process may not. It only carries: to look at its own
# stack a hundred times a second would tell nothing.
_CONFIG = {"distributed.worker.daemon": False, "distributed.worker.profile.enabled": False}


@dataclass(frozen=True, slots=True)
class Equipe:
    """The workers of one machine."""

    adresse: str  # of the scheduler: tcp://host:port, or tls://
    identite: Identite  # which installation they are
    travailleurs: int
    memoire: int = 0  # bytes, of a worker and of its process that judges, each; 0: its share of the machine
    hote: str | None = None  # by which others reach them; None: found out
    tls: Mapping[str, str] = field(default_factory=dict)  # arguments of distributed.Security

    def make(self) -> Nanny:
        """One worker, of one thread, under a nanny that starts it again when it dies."""
        return Nanny(
            self.adresse,
            nthreads=1,
            memory_limit=self.memoire or "auto",
            resources={PREFIXE + self.identite.empreinte: 1},
            security=Security(require_encryption=True, **self.tls) if self.tls else None,
            host=self.hote,
            dashboard_address=_ICI,
            plugins=(Juge(),),
        )


def run_workers(equipe: Equipe) -> None:
    """Lend workers until this process is asked to end (SIGTERM, SIGINT)."""
    with dask.config.set({**CALME, **_CONFIG}):
        asyncio.run(_keep_all(equipe.make, equipe.travailleurs))


async def _keep_all(make: Callable[[], Nanny], many: int) -> None:
    asked = await wait_for_end()
    workers = [asyncio.create_task(_keep(make)) for _ in range(many)]
    await asyncio.wait({*workers, asked}, return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        worker.cancel()
    for ended in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def wait_for_end() -> asyncio.Task[bool]:
    """What is done when this process is asked to end."""
    asked = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, asked.set)
    return asyncio.create_task(asked.wait())


async def _keep(make: Callable[[], Nanny]) -> None:
    """One worker after the other: a worker ends with its scheduler, and waits for it when it starts."""
    while True:
        nanny = make()
        try:
            await nanny
            await nanny.finished()
        except OSError as error:  # the scheduler cannot be reached
            log.warning("worker_not_started", why=str(error))
        finally:
            await nanny.close(timeout=_REST)
        await asyncio.sleep(_REST)
