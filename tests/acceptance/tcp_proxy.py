"""A wire before PostgreSQL: it can be cut without its clients noticing, and strikes at a message of one's choice."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

import attrs

When = Literal["before", "after"]


@attrs.define
class Strike:
    """What happens at a client's nth message: before the server hears it, or before its answer is heard."""

    left: int
    when: When
    die: Callable[[], None]
    struck: bool = False
    answers: socket.socket | None = None


class TcpProxy:
    """Forwards bytes to a port of this machine; `port` is where it listens."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._is_cut = False
        self._strike: Strike | None = None
        self._counting = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def strike(self, number: int, when: When, die: Callable[[], None]) -> Strike:
        """Has `die` called at a message from now on; after so many others."""
        self._strike = Strike(number, when, die)
        return self._strike

    def spare(self) -> None:
        """Nothing is struck any more; what is being struck is struck first."""
        with self._counting:
            self._strike = None

    def cut(self) -> None:
        """The server sees its clients go; they wait for answers that never come."""
        self._is_cut = True
        for server in self._servers:
            _end(server)

    def close(self) -> None:
        """Ends everything."""
        self.cut()
        _end(self._listener)
        for client in self._clients:
            _end(client)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            if self._is_cut:
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # it is down
                _end(client)
                continue
            self._servers.append(server)
            threading.Thread(target=self._pump, args=(client, server, self._asked), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, self._answered), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, may_pass: Callable[..., bool]) -> None:
        try:
            while (data := source.recv(65536)) and may_pass(source, sink):
                if not self._is_cut:
                    sink.sendall(data)
        except OSError:
            pass
        if not self._is_cut:
            _end(sink)

    def _asked(self, client: socket.socket, server: socket.socket) -> bool:
        """Whether the server may hear this message."""
        with self._counting:
            strike = self._strike
            if strike is None or strike.struck:
                return True
            strike.left -= 1
            if strike.left >= 0:
                return True
            strike.struck = True
            strike.answers = server
            if strike.when == "before":
                strike.die()
                return False
            return True

    def _answered(self, server: socket.socket, client: socket.socket) -> bool:
        """Whether the client may hear this answer."""
        with self._counting:
            strike = self._strike
            if strike is None or strike.when == "before" or strike.answers is not server:
                return True
            strike.die()
            return False


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
