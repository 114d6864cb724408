"""A wire that can be cut: a TCP proxy before PostgreSQL, whose clients do not notice at once that it is gone."""

from __future__ import annotations

import contextlib
import socket
import threading


class TcpProxy:
    """Forwards bytes to a port of this machine; `port` is where it listens."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

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
            server = socket.create_connection(("127.0.0.1", self.target))
            self._servers.append(server)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not self._is_cut:
                    sink.sendall(data)
        except OSError:
            pass
        if not self._is_cut:
            _end(sink)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
