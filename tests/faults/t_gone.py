"""A client that is gone, at every wait: the connection to its next hop is closed at once, whatever it
was waiting for, and nothing of the message is delivered."""

import time

from harness.deadline import wait_for
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import dot_stuff

AT_ONCE = 3.0  # seconds, on a loaded machine; the clock that looks ticks four times a second


class ClientGone(RelayCase):
    COMMANDS = (f"MAIL FROM:<{SENDER}>\r\n", f"RCPT TO:<{RECIPIENT}>\r\n", "DATA\r\n")

    def stall_at(self, step):
        """The client says all it can, the next hop says nothing more; then the client is gone."""
        self.sink.stop()
        self.sink.start()
        client = self.client()
        client.greet()
        self.sink.on(step, stall=True)
        for command in self.COMMANDS:
            client.send(command.encode())
            if step == command[:4].strip().lower():
                break
            if client.reply()[0] not in "23":
                break
        if step == "dot":
            client.send(dot_stuff(MESSAGE))
        return client

    def check(self, step):
        client = self.stall_at(step)
        if step != "connect":
            wait_for(lambda: self.sink.open_connections() == 1, "a conversation with the next hop")
        time.sleep(0.3)  # so that sealonce waits
        client.close()
        began = time.monotonic()
        wait_for(lambda: self.sink.open_connections() == 0 or self.closed_by_peer(),
                 f"the next hop to be let go at {step}", 10)
        self.assertLess(time.monotonic() - began, AT_ONCE)
        self.assertEqual(self.sink.deliveries, [])
        self.sink.usual()
        other = self.client()
        other.greet()
        self.assertTrue(other.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))

    def closed_by_peer(self):
        """A stalled connection of the sink sleeps: whether sealonce has closed it says the kernel."""
        return self.sink.abandoned() == self.sink.open_connections()

    def check_greeting(self, step):
        """The connection to the next hop is made for MAIL; the client leaves before it stands."""
        client = self.client()
        client.greet()
        self.sink.stop()
        self.sink.start()
        time.sleep(0.3)  # the pool's connection is dead, and seen to be
        self.sink.on(step, stall=True)
        client.send(self.COMMANDS[0].encode())
        wait_for(lambda: self.sink.open_connections() == 1, "a conversation with the next hop")
        time.sleep(0.3)
        client.close()
        began = time.monotonic()
        wait_for(self.closed_by_peer, f"the next hop to be let go at {step}", 10)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    def test_at_rset(self):
        client = self.client()
        client.greet()
        client.command(self.COMMANDS[0].rstrip())
        self.sink.on("rset", stall=True)
        client.send(b"RSET\r\n")
        time.sleep(0.3)
        client.close()
        wait_for(self.closed_by_peer, "the next hop to be let go at RSET", 10)

    def test_half_a_message(self):
        client = self.client()
        client.greet()
        for command in self.COMMANDS:
            client.command(command.rstrip())
        client.send(dot_stuff(MESSAGE)[:-3])
        client.close()
        wait_for(lambda: self.sink.open_connections() == 0, "the next hop to be let go", 10)
        self.assertEqual(self.sink.deliveries, [])
        self.sealonce.wait_for_transactions(1)
        self.assertEqual(self.sealonce.transactions()[-1]["reason"], "upstream-gone")


def _add_tests():
    for step in ("mail", "rcpt", "data", "dot"):
        setattr(ClientGone, f"test_at_{step}", lambda self, step=step: self.check(step))
    for step in ("connect", "ehlo"):
        setattr(ClientGone, f"test_at_{step}", lambda self, step=step: self.check_greeting(step))


_add_tests()
