"""A temporary directory that the servers' own accounts can walk through, removed at the end."""

import os
import shutil
import tempfile
import unittest


class Workspace:
    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"sealonce-{name}-")
        os.chmod(self.path, 0o755)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def directory(self, name, mode=0o755):
        path = self / name
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    def remove(self):
        if not os.environ.get("SEALONCE_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)


class ServerCase(unittest.TestCase):
    """A test case whose servers live as long as the class; cls.keep(x) ends each in reverse order."""

    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace(cls.__name__)
        cls.addClassCleanup(cls.workspace.remove)

    @classmethod
    def keep(cls, server):
        cls.addClassCleanup(server.stop)
        return server
