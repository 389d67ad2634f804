"""verify: what needs no name server; tests/system/t_verify.py has those."""

import re
import socket

from support import CommandTest

HEADER = b"From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: hello\r\n"
MESSAGE = HEADER + b"\r\nDear Bob,\r\nhello.\r\n"
HASH = b"A" * 43 + b"="


def with_tags(tags):
    return b"DKIM-Signature: " + tags + b"\r\n" + MESSAGE


class Verify(CommandTest):
    def verify(self, message, *more, status=1):
        """The lines and the unfolded field."""
        result = self.run_it("verify", *more, stdin=message, status=status)
        self.assertEqual(result.err, "")
        self.assertNotIn(b"\r", result.out)
        lines, field = re.fullmatch(r"((?:.*\n)*?)(Authentication-Results: (?:.*\n)(?: .*\n)+)",
                                    result.out.decode("ascii")).groups()
        self.assertTrue(all(len(line) <= 78 for line in field.splitlines()), field)
        return lines.splitlines(), field.replace("\n ", " ")

    def test_no_signature(self):
        lines, field = self.verify(MESSAGE)
        self.assertEqual(lines, [])
        self.assertRegex(field, r"^Authentication-Results: [a-z0-9.-]+; dkim=none \(.*\)\n$")
        for odd in (b"", b"\n", b"\r\n", b"From: a@example.com", b"\0", b"body only\n"):
            self.assertIn("dkim=none", self.verify(odd)[1])

    def test_host_name_of_the_configuration(self):
        config = self.write("c.toml", '[server]\nhostname = "mx.example.net"\n')
        self.assertTrue(self.verify(MESSAGE, "--config", config)[1].startswith(
            "Authentication-Results: mx.example.net; dkim=none"))

    def test_what_no_key_could_change(self):
        good = (b"v=1; a=rsa-sha256; d=example.com; s=mail; h=From; b=AbCdEfGhIj; bh=" + HASH)
        for old, new, word, text in (
                (b"v=1", b"v=3", "neutral", "version"),
                (b"; bh=" + HASH, b"", "neutral", "there is no bh="),
                (b"h=From", b"h=To", "permerror", "From"),
                (b"s=mail", b"s=mail; x=1600000000", "fail", "expired on 2020-09-13 12:26:40 UTC"),
                (b"s=mail", b"s=mail; t=1700000301", "policy", "from the future")):
            with self.subTest(new=new):
                lines, field = self.verify(with_tags(good.replace(old, new)), "--now", "1700000000")
                self.assertEqual(len(lines), 1)
                self.assertTrue(lines[0].startswith(
                    f"{word} d=example.com s=mail a=rsa-sha256 b=AbCdEfGh: "), lines)
                self.assertIn(text, lines[0])
                self.assertIn(f"; dkim={word} reason=\"", field)
                self.assertTrue(field.endswith(" header.d=example.com header.s=mail "
                                               "header.a=rsa-sha256 header.b=AbCdEfGh\n"), field)

    def test_several_signatures_and_several_from(self):
        tags = b"v=9; a=rsa-sha256; d=example.com; s=%d; h=From; b=%dbcdefghij; bh=" + HASH
        message = b"From: x@example.com\r\n" + MESSAGE
        for number in range(3):
            message = b"DKIM-Signature: " + tags % (number, number) + b"\r\n" + message
        lines, field = self.verify(message)
        self.assertEqual([re.search(r"s=(\d)", line)[1] for line in lines], ["2", "1", "0"])
        self.assertEqual(re.findall(r"header.b=(\S{8})(?:;|\n)", field),
                         ["2bcdefgh", "1bcdefgh", "0bcdefgh"])
        for text in lines:
            self.assertTrue(text.endswith("(the message has 2 From fields)"), text)
        self.assertEqual(field.count("dkim=neutral (the message has 2 From fields)"), 3)

    def test_nothing_of_a_message_bends_the_output(self):
        hostile = (b'v=1; a=x";dkim=pass; d=a.b\x1b[2J; s="); dkim=pass (; h=From; b=)\x07;'
                   b" bh=x")
        for tags in (hostile, b"\xff\xfe", b"v=1;\0", b";;", b"b=" + b"(" * 2000):
            lines, field = self.verify(with_tags(tags))
            self.assertEqual(len(lines), 1)
            self.assertNotIn("pass", lines[0] + field)
            self.assertNotIn("\x1b", lines[0] + field)

    def test_line_feeds_are_line_ends(self):
        signature = b"DKIM-Signature: v=2\n"
        for message in (signature + MESSAGE.replace(b"\r\n", b"\n"),
                        signature.replace(b"\n", b"\r\n") + MESSAGE):
            self.assertEqual(len(self.verify(message)[0]), 1)

    def test_mixed_line_ends_follow_the_configuration(self):
        config = self.write("c.toml", '[message]\nstray_cr_lf = "reject"\n')
        result = self.run_it("verify", "--config", config, stdin=MESSAGE + b"bare\nLF\r\n",
                             status=65)
        self.assertEqual(result.out, b"")
        self.assertIn("line ends are mixed", result.err)
        self.verify(MESSAGE + b"bare\nLF\r\n")

    def test_no_answer_is_temporary(self):
        self.keygen("--bits", "1024")
        signed = self.sign(MESSAGE).out
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            server = f"127.0.0.1:{silent.getsockname()[1]}"
            config = self.write("c.toml", '[dns]\ntimeout = "1s"\n')
            lines, field = self.verify(signed, "--config", config, "--dns-server", server,
                                       status=75)
        self.assertTrue(lines[0].startswith("temperror d=example.com s=mail "), lines)
        self.assertIn("mail._domainkey.example.com", lines[0])
        self.assertIn("dkim=temperror", field)

    def test_wrong_usage(self):
        for words, named in ((["--now", "noon"], "--now"), (["--now", "-1"], "--now"),
                             (["--dns-server", "ns.example.com"], "--dns-server"),
                             (["--dns-server", "unix:/x"], "--dns-server"),
                             (["--dns-server", "127.0.0.1:0"], "--dns-server"),
                             (["--dns-server", ""], "--dns-server"), (["file"], "unexpected")):
            result = self.run_it("verify", *words, stdin=MESSAGE, status=64)
            self.assertIn(named, result.err)
            self.assertEqual(result.out, b"")

    def test_wrong_configuration(self):
        result = self.run_it("verify", "--config", "none.toml", stdin=MESSAGE, status=78)
        self.assertIn("none.toml: cannot be opened", result.err)
        signature = (b"v=1; a=rsa-sha256; d=example.com; s=mail; h=From; b=AbCd; bh=" + HASH)
        config = self.write("c.toml", '[dns]\ntrust_anchor_file = "none.key"\n')
        result = self.run_it("verify", "--config", config, stdin=with_tags(signature), status=78)
        self.assertIn(f"the trust anchor file {self.path('none.key')} cannot be read", result.err)
        config = self.write("c.toml", '[dns]\nservers = ["ns.example.com"]\n')
        self.assertIn("dns.servers", self.run_it("verify", "--config", config, stdin=MESSAGE,
                                                 status=78).err)
