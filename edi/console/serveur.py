"""The pages over HTTP: uvicorn on a socket that is ours before anything is begun."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from edi.console.application import make_application
from edi.console.visite import Console

_FIN = 5  # seconds that answers under way are given when it stops


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the command that serves: it calls :meth:`ServeurConsole.stop`."""
        yield


class ServeurConsole:
    """The console of a workspace, listening. Raises OSError when its address cannot be had."""

    def __init__(self, console: Console) -> None:
        host, _, port = console.reglages.adresse.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, int(port)), family=family, backlog=128)
        self._close = console.gestes.close
        self._server = _Server(
            uvicorn.Config(
                make_application(console, lambda: self._server.should_exit),
                log_config=None,  # ours says what there is to say
                access_log=False,
                server_header=False,
                proxy_headers=bool(console.reglages.proxy),
                forwarded_allow_ips=list(console.reglages.proxy),
                timeout_graceful_shutdown=_FIN,
                lifespan="off",
            )
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def serve(self) -> None:
        """Answer until :meth:`stop`."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._close()

    def stop(self) -> None:
        """Take no more requests, and end what is under way."""
        self._server.should_exit = True
