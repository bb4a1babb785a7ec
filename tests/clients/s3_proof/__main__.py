"""Runs the proof on a stack of its own; `make test` calls it.

Names of modules, such as `ends`, run those alone.
"""

import importlib
import sys
import tempfile
import unittest
from contextlib import ExitStack
from pathlib import Path

from stack import Stack

from . import credentials, service

MODULES = ("welcome", "real_clients", "operations", "policies", "keys", "bytes", "lists", "damaged", "ends")


def main(names):
    with ExitStack() as started:
        state = started.enter_context(tempfile.TemporaryDirectory(prefix="lambda-sts-"))
        stack = Stack(state, Path(__file__).with_name("stack.yaml"), s3=True)
        started.callback(stack.stop)
        stack.start()
        service.STS_URL, service.S3_URL, service.STATE = stack.url, stack.s3_url, state
        service.WELCOME = stack.welcome()
        credentials.prepare(started)
        return report(names)


def report(names):
    """Runs the tests, and returns how many failed."""
    modules = [importlib.import_module(f".{name}", __package__) for name in names]
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromModule, modules))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:] or MODULES)))
