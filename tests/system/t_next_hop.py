"""What the upstream hears when the next hop refuses, drops, half-answers or is not there, at each step.

Without Postfix: a client, sealonce, and a scripted next hop. A 250 to the final dot may be heard
only when the next hop has said it; everything that is sealonce's own trouble is a 4xx; and after each
failure the next message goes through.
"""

import time

from harness.deadline import wait_for
from harness.relay import RECIPIENT, SENDER, RelayCase

# Steps after the connection stands, in order; at each one the next hop misbehaves.
ENVELOPE_STEPS = ("mail", "rcpt", "data")
STEPS = (*ENVELOPE_STEPS, "content", "dot")


class NextHopRefuses(RelayCase):
    """The next hop's own answer comes through: code, enhanced status and text."""

    def check(self, step, reply):
        client = self.client()
        client.greet()
        self.sink.on(step, reply=reply, times=1)
        replies = self.transact(client)
        self.assertEqual(self.last(replies), reply)
        self.assertEqual(list(replies)[-1], step)
        self.assertEqual(self.sink.deliveries, [])
        self.assert_next_message_passes(client, reply)

    def test_mixed_recipients(self):
        """Each recipient has the next hop's answer for it; the message goes to those accepted."""
        client = self.client()
        client.greet()
        self.sink.on("rcpt", match="later@", reply="452 4.2.2 mailbox full: later")
        self.sink.on("rcpt", match="never@", reply="550 5.1.1 no such user: never")
        wanted = [f"{n}@rcpt.example" for n in ("a", "later", "never", "b")]
        replies = self.transact(client, wanted)
        self.assertEqual([r[:9] for r in replies["rcpt"]],
                         ["250 2.1.5", "452 4.2.2", "550 5.1.1", "250 2.1.5"])
        self.assertTrue(replies["dot"].startswith("250"), replies)
        self.assertEqual(self.sink.deliveries[0].addresses(), ["a@rcpt.example", "b@rcpt.example"])

    def test_success_comes_through(self):
        client = self.client()
        client.greet()
        self.sink.on("dot", reply="250 2.6.0 <x@y> Queued as ABC-123 (it's fine)", times=1)
        self.assertEqual(self.transact(client)["dot"],
                         "250 2.6.0 <x@y> Queued as ABC-123 (it's fine)")

    def test_many_lines_come_through(self):
        client = self.client()
        client.greet()
        reply = "554-5.7.1 Refused.\n554-5.7.1 See https://sink.example/why\n554 5.7.1 Bye"
        self.sink.on("dot", reply=reply, times=1)
        self.assertEqual(self.transact(client)["dot"], reply)
        self.assert_next_message_passes(client, reply)


class NextHopFails(RelayCase):
    """Connection lost, half a reply, nonsense: a 4xx, and nothing counts as delivered."""

    def check(self, step, **act):
        client = self.client()
        client.greet()
        # Before anything was answered a new connection may be tried in silence: so each fails.
        self.sink.on(step, times=None if step == "mail" else 1, **act)
        last = self.last(self.transact(client))
        self.assertRegex(last, r"^4\d\d ", f"at {step}: {act}")
        self.sink.usual()
        self.assert_next_message_passes(client, last)

    def test_half_of_a_success(self):
        """"250 ok que" and the end of the connection is no success."""
        self.check("dot", half="250 2.0.0 ok que")
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_pipelined_after_loss(self):
        """A client that has sent everything at once hears 4xx for all of it, never 503."""
        client = self.client()
        client.greet()
        self.sink.on("rcpt", drop=True, times=1)
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<a@rcpt.example>\r\n"
                    "RCPT TO:<b@rcpt.example>\r\nDATA\r\n".encode())
        replies = [client.reply()]
        while len(replies) < 4 and not replies[-1].startswith("421"):
            replies.append(client.reply())
        for reply in replies[1:]:
            self.assertRegex(reply, r"^4\d\d ", replies)


class NextHopIsNotThere(RelayCase):
    """Every connection is refused, dropped or answered with something else than 220."""

    def assert_deferred(self):
        """The greeting, EHLO or MAIL may say it, with a 4xx; then, without a restart, it works."""
        client = self.client()
        replies = [client.reply()]
        for command in ("EHLO client.example", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>"):
            if replies[-1][0] == "2":
                replies.append(client.command(command))
        self.assertRegex(replies[-1], r"^4\d\d", replies)

    def assert_recovers(self):
        def delivered():
            client = self.client()
            if client.reply()[0] != "2" or client.command("EHLO x")[0] != "2":
                return False
            return self.last(self.transact(client))[0] == "2"
        wait_for(delivered, "the first message after the next hop is back", 30)
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_refused(self):
        self.sink.stop()
        try:
            self.assert_deferred()
            self.assert_deferred()
        finally:
            self.sink.start()
        self.assert_recovers()

    def check_greeting(self, **act):
        self.sink.stop()  # and with it every kept connection
        self.sink.start()
        self.sink.on("connect", **act)
        self.assert_deferred()
        self.sink.usual()
        self.assert_recovers()

    def test_dropped_at_once(self):
        self.check_greeting(drop=True)

    def test_half_a_greeting(self):
        self.check_greeting(half="220 sink.exam")

    def test_says_421(self):
        self.check_greeting(reply="421 4.3.2 too busy")

    def test_says_554(self):
        self.check_greeting(reply="554 5.3.2 no service here")

    def test_says_nonsense(self):
        self.check_greeting(reply="SSH-2.0-OpenSSH_9.2")


class NextHopIsSlow(RelayCase):
    def test_slow_at_every_step(self):
        client = self.client()
        client.greet()
        for step in STEPS:
            self.sink.on(step, delay=0.3, times=1)
        self.assertTrue(self.transact(client)["dot"].startswith("250"))
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_client_leaves_while_next_hop_hangs(self):
        """What nobody waits for any more is let go, and the program serves on."""
        client = self.client()
        client.greet()
        self.sink.on("rcpt", stall=True, times=1)
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\n".encode())
        wait_for(lambda: any("RCPT" in line for _, line in self.sink.commands), "RCPT at next hop")
        client.close()
        other = self.client()
        other.greet()
        self.assertTrue(self.transact(other)["dot"].startswith("250"))

    def test_kept_connection_that_died(self):
        """A pooled connection closed by the next hop between two messages is replaced silently."""
        client = self.client()
        client.greet()
        for _ in range(3):
            self.assertTrue(self.transact(client)["dot"].startswith("250"))
            self.sink.stop()
            time.sleep(0.05)  # the kernel's FIN, not a deadline
            self.sink.start()
        self.assertEqual(len(self.sink.deliveries), 3)


def _add_tests():
    """Step × what happens there, one test method each."""
    refusals = {"4xx": "{}51 4.3.0 try later: {}", "5xx": "{}54 5.7.1 no, at {}"}
    for step in (*ENVELOPE_STEPS, "dot"):
        for name, text in refusals.items():
            def refuse(self, step=step, reply=text.format(name[0], step)):
                self.check(step, reply)
            setattr(NextHopRefuses, f"test_{name}_at_{step}", refuse)
    failures = {"drop": {"drop": True}, "half": {"half": "25"}, "421": {"reply": "421 4.3.2 bye"},
                "nonsense": {"reply": "what?"}}
    for step in STEPS:
        for name, act in failures.items():
            if step == "content" and name != "drop":
                continue  # no reply is due there
            def fail(self, step=step, act=act):
                self.check(step, **act)
            setattr(NextHopFails, f"test_{name}_at_{step}", fail)


_add_tests()
