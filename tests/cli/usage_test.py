"""The command line itself: what is refused, how, with which status."""

from support import CommandTest


class Usage(CommandTest):
    def wrong(self, *arguments):
        result = self.run_it(*arguments, status=64)
        self.assertEqual(result.out, b"")
        self.assertEqual(result.err.count("\n"), 1, result.err)
        return result.err

    def test_no_command_lists_them(self):
        result = self.run_it(status=64)
        for command in ("serve", "check", "sign", "verify", "keygen", "explain"):
            self.assertIn("\n  " + command, result.err)

    def test_unknown_command(self):
        self.assertIn("unknown command", self.wrong("sing"))

    def test_version_and_help(self):
        self.assertRegex(self.run_it("--version").out, rb"^sealonce \d+\.\d+\.\d+\n$")
        self.assertIn(b"usage: sealonce COMMAND", self.run_it("--help").out)

    def test_every_command_has_help(self):
        for command in ("serve", "check", "sign", "verify", "keygen", "explain"):
            result = self.run_it(command, "--help")
            self.assertTrue(result.out.startswith(b"usage: sealonce " + command.encode()))
            self.assertEqual(result.err, "")

    def test_no_option_is_guessed(self):
        for words in (["check", "--conf", "x"], ["check", "--config-file", "x"], ["sign", "-d", "x"],
                      ["keygen", "--test"], ["check", "--help=1"], ["check", "-h"], ["check", "--"],
                      ["check", "-"]):
            self.assertRegex(self.wrong(*words), r"^sealonce \w+: unknown option -")

    def test_arguments_of_options(self):
        self.assertIn("needs an argument", self.wrong("check", "--config"))
        self.assertIn("takes no argument", self.wrong("keygen", "--force=yes"))
        self.assertIn("there twice", self.wrong("check", "--config", "a", "--config=b"))
        self.assertIn("unexpected word", self.wrong("check", "file"))

    def test_control_characters_do_not_reach_the_terminal(self):
        self.assertNotIn("\x1b", self.wrong("check", "--\x1b[2J"))

    def test_sign_needs_one_of_its_forms(self):
        self.assertIn("either --config or", self.wrong("sign"))
        self.assertIn("either --config or", self.wrong("sign", "--config", "x", "--domain", "y.z"))
        self.assertIn("--selector is missing", self.wrong("sign", "--domain", "a.b", "--key", "k"))
        self.assertIn("--time", self.wrong("sign", "--config", "x", "--time", "tomorrow"))
        self.assertIn("--time", self.wrong("sign", "--config", "x", "--time", "-1"))

    def test_values_are_checked(self):
        base = ["--selector", "s", "--key", "k"]
        self.assertIn("--domain", self.wrong("sign", "--domain", "a..b", *base))
        self.assertIn("--selector", self.wrong("sign", "--domain", "a.b", "--key", "k", "--selector",
                                               "../x"))
        self.assertIn("--canonicalization", self.wrong("sign", "--domain", "a.b", *base,
                                                       "--canonicalization", "strict"))
        for words, named in ((["--type", "dsa"], "--type"), (["--bits", "1023"], "--bits"),
                             (["--bits", "8193"], "--bits"), (["--bits", "2k"], "--bits"),
                             (["--type", "ed25519", "--bits", "2048"], "--bits"),
                             (["--dir", ""], "--dir")):
            self.assertIn(named + ":", self.wrong("keygen", "--domain", "a.b", "--selector", "s",
                                                  *words))
        self.assertIn("--domain is missing", self.wrong("keygen", "--selector", "s"))
        self.assertIn("octets of a DNS name", self.wrong(
            "keygen", "--domain", ".".join(["a" * 63] * 3) + ".example", "--selector", "b" * 63))
