"""Telling an open page that something has changed, by server-sent events: it then draws itself again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from edi.console.portier import read_token
from edi.console.visite import Ici
from edi.store import nouvelles

router = APIRouter()

_PAS = 1.0  # seconds between two looks at whether to end
_REGARD = 4.0  # seconds between two looks at the database
_DUREE = 300.0  # seconds after which a browser asks anew


@router.get("/nouvelles")
def tell_news(ici: Ici, depuis: str = "") -> StreamingResponse:
    """A stream that says « change » when what may be seen is no longer what ``depuis`` stands for."""
    entree, token = ici.console.entree, read_token(ici.request)
    ends: Callable[[], bool] = ici.request.app.state.finit

    def look() -> str | None:
        """What may be seen now; None once the session has ended. It does not keep the session open."""
        if entree.find_visitor(token, touch=False) is None:
            return None
        with ici.reading() as conn:
            return nouvelles.mark(conn, ici.portee)

    async def stream() -> AsyncIterator[str]:
        known, began, looked = depuis, time.monotonic(), 0.0
        yield "retry: 5000\n\n"
        while not ends() and (now := time.monotonic()) - began < _DUREE:
            if now - looked >= _REGARD:
                looked, seen = now, await run_in_threadpool(look)
                if seen is None:
                    yield "event: change\ndata: fin\n\n"
                    return
                if seen != known:
                    known = seen
                    yield f"event: change\ndata: {seen}\n\n"
            await asyncio.sleep(_PAS)

    return StreamingResponse(stream(), media_type="text/event-stream")
