"""Runs unmodified clients against the stack of `make run`; `make test` calls it.

It prints how long `make run` took to be ready, and fails if Ctrl-C leaves anything behind.
"""

import contextlib
import signal
import sys
import tempfile
import unittest
from pathlib import Path

import endpoint
from stack import Stack


def main():
    with tempfile.TemporaryDirectory(prefix="lambda-sts-") as state:
        stack = Stack(state, tls=True)
        endpoint.URL = stack.url
        endpoint.TLS_URL = stack.tls_url
        endpoint.STATE = stack.state
        with running(stack):
            result = unittest.TextTestRunner(verbosity=2).run(suite())
            session = endpoint.session()
        with running(stack):
            # Table and keys have survived.
            session.get_caller_identity()
    failed = len(result.failures) + len(result.errors)
    print("minio-go: not tested here, it would need Go")
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(bool(failed))


def suite():
    return unittest.defaultTestLoader.discover(Path(__file__).parent, pattern="*_client.py")


@contextlib.contextmanager
def running(stack):
    """Starts the stack, and sees to it that Ctrl-C ends all of it."""
    try:
        print(f"== make run was ready after {stack.start():.1f} s", flush=True)
        yield
    finally:
        status = stack.stop()
    left = stack.leftovers()
    if left or status not in (0, -signal.SIGINT):
        sys.exit(f"run: make run ended with status {status} and left behind: {left}")


if __name__ == "__main__":
    main()
