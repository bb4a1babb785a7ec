"""The commands that `make run S3=1` prints, pasted into a shell as they are."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from . import service

SEPARATOR = "== status "


def commands():
    """The printed commands, each with the lines that it continues on."""
    printed = [line.strip() for line in service.WELCOME.splitlines() if line.startswith("  ")]
    text = "\n".join(line for line in printed if not line.startswith("#"))
    return text.replace("\\\n", "").splitlines()


class Welcome(unittest.TestCase):
    def test_the_four_commands_work_as_printed(self):
        pasted = commands()
        self.assertEqual(len(pasted), 4, pasted)
        script = "".join(f"{command}\necho '{SEPARATOR}'$?\n" for command in pasted)
        env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(service.STATE)}
        shell = subprocess.run(["bash"], input=script, env=env, capture_output=True, text=True)
        outputs = shell.stdout.split(SEPARATOR)
        statuses = [output.splitlines()[0] for output in outputs[1:]]
        self.assertEqual(statuses[:3], ["0", "0", "0"], shell.stderr)
        self.assertNotEqual(statuses[3], "0")
        self.assertTrue(outputs[2].endswith("hello\n"), outputs)
        self.assertIn("AccessDenied", shell.stderr)
