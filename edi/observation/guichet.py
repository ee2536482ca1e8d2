"""A tiny HTTP server for probes: it shows and changes nothing, and what happens in it stops nobody else."""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

from edi.observation.sante import Sante

log = structlog.get_logger()

_TEXTE = "text/plain; charset=utf-8"
_ENSEMBLE = 8  # requests at once; more are cut off
_DELAI = 5.0  # seconds that a caller may stay silent


class Guichet(ThreadingTCPServer):
    """Answers ``/health/live``, ``/health/ready`` and ``/metrics``."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, adresse: str, sante: Sante) -> None:
        """``adresse``: ``host:port``; port 0 for any. Raises OSError when it is taken."""
        host, _, port = adresse.rpartition(":")
        host = host.strip("[]")
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sante = sante
        self._room = threading.BoundedSemaphore(_ENSEMBLE)
        super().__init__((host, int(port)), _Answer)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin to answer, in a thread of its own."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up, or a fault of ours: told, and nothing more."""
        log.exception("probe_not_answered", caller=str(client_address[0]))


class _Answer(BaseHTTPRequestHandler):
    server: Guichet
    timeout = _DELAI
    server_version, sys_version = "navette", ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health/live":
            self._send(HTTPStatus.OK, "vivant\n")
        elif path == "/health/ready":
            missing = self.server.sante.missing()
            status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
            self._send(status, "".join(f"{why}\n" for why in missing) or "prêt\n")
        elif path == "/metrics":
            self._send(HTTPStatus.OK, self.server.sante.expose(), CONTENT_TYPE_LATEST)
        else:
            self._send(HTTPStatus.NOT_FOUND, "/health/live, /health/ready, /metrics\n")

    def _send(self, status: HTTPStatus, body: str | bytes, kind: str = _TEXTE) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes call every few seconds: nobody reads that."""
