"""A client, sealonce and a scripted next hop, without Postfix."""

from .loop import make_keys, own_signatures
from .messages import USUAL
from .ports import free_port
from .sealonce import Sealonce
from .sink import Sink
from .smtp_client import SmtpClient, dot_stuff
from .workspace import ServerCase

MESSAGE = USUAL.replace(b"DOMAIN", b"rsa.example") % (b"m", b"next hop") + b"\r\n.Hello\r\n"
SENDER, RECIPIENT = "alice@rsa.example", "bob@rcpt.example"


class RelayCase(ServerCase):
    """client → sealonce → sink, started once for the class."""

    further = ""     # TOML text for the end of the configuration
    relay_keys = ""  # … and for its [[relay]]
    lmtp = False     # the next hop speaks LMTP

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.sink = cls.keep(Sink(free_port(), lmtp=cls.lmtp).start())
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, keys, further=cls.further,
                                relay_keys=cls.relay_keys)
        cls.keep(cls.sealonce).start()

    def setUp(self):
        self.sink.clear()
        self.addCleanup(self.sink.usual)

    def client(self):
        client = SmtpClient(self.sealonce.port)
        self.addCleanup(client.close)
        return client

    def transact(self, client, recipients=(RECIPIENT,), message=MESSAGE):
        """One transaction as Postfix does it; returns the replies by step, up to the last one."""
        replies = {"mail": client.command(f"MAIL FROM:<{SENDER}>")}
        if replies["mail"][0] != "2":
            return replies
        answers = [client.command(f"RCPT TO:<{r}>") for r in recipients]
        replies["rcpt"] = answers[0] if len(answers) == 1 else answers
        if not any(a[0] == "2" for a in answers):
            return replies
        replies["data"] = client.command("DATA")
        if replies["data"][0] == "3":
            client.send(dot_stuff(message))
            replies["dot"] = client.reply()
        return replies

    def last(self, replies):
        return list(replies.values())[-1]

    def assert_next_message_passes(self, client, last_reply):
        """On the same connection, unless the reply said that it is being closed."""
        if last_reply.startswith("421"):
            client = self.client()
            client.greet()
        else:
            client.command("RSET", "250")
        self.sink.clear()
        reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
        self.assertTrue(reply.startswith("250"), reply)
        self.assertEqual(len(self.sink.deliveries), 1)
        content = self.sink.deliveries[0].content
        self.assertEqual(len(own_signatures(content, "rsa.example")), 1)
        self.assertTrue(content.endswith(MESSAGE))
