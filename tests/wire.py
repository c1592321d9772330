"""A wire to a server on this machine that is cut when a test says so."""

import socket
import threading
from contextlib import contextmanager, suppress


class Wire:
    """Carries connections from a port of its own to the server's; *cut* breaks all of them, and new ones hold."""

    def __init__(self, server_port):
        self.server_port, self.ends, self.threads, self.pairs = server_port, set(), [], 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self._beside(self._serve)

    def cut(self):
        for end in list(self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        self.cut()
        for thread in self.threads:
            thread.join(5)

    def _beside(self, work, *given):
        self.threads.append(threading.Thread(target=work, args=given, daemon=True))
        self.threads[-1].start()

    def _serve(self):
        with suppress(OSError):
            while True:
                self._beside(self._pair, self.door.accept()[0])

    def _pair(self, client):
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port)) as server:
            self.ends |= {client, server}
            self.pairs += 1
            self._beside(carry, client, server)
            carry(server, client)
            self.ends -= {client, server}


def carry(source, target):
    """What comes in at one end goes out at the other, until either is closed."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(server_port):
    made = Wire(server_port)
    try:
        yield made
    finally:
        made.close()
