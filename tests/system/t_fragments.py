"""master.cf.d/apply: puts a fragment in and takes it out, and leaves all else as it was."""

import filecmp
import os
import re
import shutil
import subprocess

from harness.postfix import FRAGMENTS, MASTER_CF, REPOSITORY
from harness.workspace import ServerCase

# Each with the content_filter that it sets.
FRAGMENTS_AND_FILTERS = {
    "10-content-filter.cf": "sealonce:[127.0.0.1]:10027",
    "20-signer.cf": "sealonce:[127.0.0.1]:10027",
    "21-signer-unix-socket.cf": "sealonce:unix:sealonce/outbound.sock",
    "22-signer-unix-sockets.cf": "sealonce:unix:sealonce/outbound.sock",
    "30-amavis-then-sealonce.cf": "amavis:[127.0.0.1]:10024",
    "31-sealonce-then-amavis.cf": "sealonce:[127.0.0.1]:10027",
    "32-clamsmtp-then-sealonce.cf": "clamsmtp:[127.0.0.1]:10026",
    "33-spampd-then-sealonce.cf": "spampd:[127.0.0.1]:10025",
    "40-before-queue.cf": "",
    "50-last-hop.cf": "",
}
FRAGMENT_NAMES = tuple(FRAGMENTS_AND_FILTERS)


class Apply(ServerCase):
    def setUp(self):
        self.config = self.workspace.directory(self.id().rsplit(".", 1)[1])
        with open(f"{self.config}/main.cf", "w") as file:
            file.write("# a comment\nmyhostname = mail.example\nmilter_default_action = tempfail\n")
        with open(f"{self.config}/master.cf", "w") as file:
            file.write("# another\n" + MASTER_CF.format(front=25, submission=587, foreign=26))
        self.before = f"{self.config}.before"
        shutil.copytree(self.config, self.before)

    def settle(self):
        """postconf waits until what it reads is two seconds old; so make it older."""
        for name in ("main.cf", "master.cf"):
            os.utime(f"{self.config}/{name}", (0, 0))

    def apply(self, *arguments):
        self.settle()
        return subprocess.run([f"{FRAGMENTS}/apply", *arguments, "--config-directory", self.config],
                              capture_output=True, timeout=60, text=True)

    def value(self, name):
        self.settle()
        return subprocess.run(["postconf", "-c", self.config, "-h", name], check=True, text=True,
                              capture_output=True, timeout=60).stdout.strip()

    def unchanged(self):
        return all(filecmp.cmp(f"{self.config}/{n}", f"{self.before}/{n}", shallow=False)
                   for n in ("main.cf", "master.cf"))

    def test_in_and_out_again(self):
        for name, filter_in_use in FRAGMENTS_AND_FILTERS.items():
            self.assertEqual(self.apply(name).returncode, 0)
            self.assertEqual(self.value("content_filter"), filter_in_use)
            self.assertFalse(self.unchanged())
            self.assertEqual(self.apply(name, "--undo").returncode, 0)
            self.assertTrue(self.unchanged(), name)

    def test_twice_is_once(self):
        self.apply("20-signer.cf")
        with open(f"{self.config}/master.cf") as file:
            once = file.read()
        self.assertEqual(self.apply("20-signer.cf").returncode, 0)
        with open(f"{self.config}/master.cf") as file:
            self.assertEqual(file.read(), once)

    def test_undo_of_what_is_not_there(self):
        self.assertEqual(self.apply("20-signer.cf", "--undo").returncode, 0)
        self.assertTrue(self.unchanged())

    def test_another_filter_stays(self):
        subprocess.run(["postconf", "-c", self.config, "-e", "content_filter=amavis:[127.0.0.1]:1"],
                       check=True, timeout=60)
        done = self.apply("20-signer.cf")
        self.assertEqual(done.returncode, 1)
        self.assertIn("amavis:[127.0.0.1]:1", done.stderr)
        self.assertEqual(self.value("content_filter"), "amavis:[127.0.0.1]:1")
        self.assertEqual(self.apply("20-signer.cf", "--undo").returncode, 1)
        self.assertEqual(self.apply("20-signer.cf", "--force").returncode, 0)
        self.assertEqual(self.value("content_filter"), "sealonce:[127.0.0.1]:10027")

    def test_from_one_fragment_to_the_other(self):
        self.apply("10-content-filter.cf")
        self.assertEqual(self.apply("20-signer.cf").returncode, 1)
        self.assertEqual(self.apply("10-content-filter.cf", "--undo").returncode, 0)
        self.assertEqual(self.apply("20-signer.cf").returncode, 0)

    def test_dry_run_shows_the_commands(self):
        done = self.apply("10-content-filter.cf", "--dry-run")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(self.unchanged())
        for line in done.stdout.strip().split("\n"):
            subprocess.run(["sh", "-c", line], check=True, timeout=60)
        self.assertEqual(self.value("receive_override_options"), "no_address_mappings")
        self.assertEqual(self.apply("10-content-filter.cf", "--undo").returncode, 0)
        self.assertTrue(self.unchanged())

    def test_wrong_usage(self):
        self.assertEqual(self.apply("no-such.cf").returncode, 66)
        self.assertEqual(self.apply("20-signer.cf", "--frobnicate").returncode, 64)
        self.assertEqual(self.apply().returncode, 64)

    def test_postfix_knows_every_option(self):
        """`postconf` warns of parameters that nothing uses; a misspelt option would be one."""
        for name in FRAGMENT_NAMES:
            self.apply(name)
            self.settle()
            for check in (["-n"], ["-P"], ["-M"]):
                done = subprocess.run(["postconf", "-c", self.config, *check], text=True,
                                      capture_output=True, timeout=60)
                self.assertEqual(done.stderr, "", name)
            self.apply(name, "--undo")

    def test_every_option_has_its_reason(self):
        """Each -o of a fragment is named in the comment above its service."""
        for name in FRAGMENT_NAMES:
            with open(f"{FRAGMENTS}/{name}") as file:
                comment = ""
                for line in file:
                    if line.startswith("#"):
                        comment += line
                    elif not line.strip():
                        comment = ""
                    elif line.lstrip().startswith("-o"):
                        self.assert_explained(name, line.split()[1], comment)

    def assert_explained(self, fragment, option, comment):
        parameter, value = option.split("=", 1)
        words = value.split(",") if parameter == "receive_override_options" else [parameter]
        patterns = re.findall(r"[a-z_*]+", comment)
        for word in words:
            self.assertTrue(any(re.fullmatch(p.replace("*", "[a-z_]*"), word) for p in patterns),
                            f"{fragment}: {word} has no reason")

    def test_readme_names_every_fragment(self):
        with open(f"{FRAGMENTS}/README.md") as file:
            text = file.read()
        for name in sorted(os.listdir(FRAGMENTS)):
            if name.endswith(".cf"):
                self.assertIn(name, text)
                self.assertIn(name, FRAGMENT_NAMES, "a fragment without a test")
        for script in re.findall(r"master\.cf\.d/apply", text):
            self.assertTrue(os.access(f"{REPOSITORY}/{script}", os.X_OK))
