"""Free TCP and UDP ports on loopback, safe with other test runs on the same machine.

A port is reserved by the name of an abstract unix socket, held as long as this process lives, so
two runs never choose the same one, though the server that will use it binds it much later.
"""

import random
import socket

# Below the kernel's ephemeral ports, so that no outgoing connection takes one meanwhile.
FIRST, LAST = 20000, 32000

_reservations = []


def is_free(port):
    """Whether a server could listen there now."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port():
    """A port that nothing listens on and that no other test run will choose."""
    for port in random.sample(range(FIRST, LAST), 2000):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0sealonce-test-port-{port}")
        except OSError:
            lock.close()
            continue
        if is_free(port):
            _reservations.append(lock)
            return port
        lock.close()
    raise RuntimeError("no free port on loopback")


def accepts(port, host="127.0.0.1"):
    """Whether something accepts connections there now."""
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
