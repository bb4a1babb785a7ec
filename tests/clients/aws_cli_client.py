"""The aws command line."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import endpoint

AWS = Path(sys.executable).with_name("aws")


class AwsCli(unittest.TestCase):
    def setUp(self):
        # The command line caches roles below HOME.
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        folder = Path(home.name, ".aws")
        folder.mkdir()
        Path(folder, "credentials").write_text(
            "[foobar]\naws_access_key_id = foobar\naws_secret_access_key = foo12345\n"
            "[wrong]\naws_access_key_id = foobar\naws_secret_access_key = foo12346\n"
        )
        Path(folder, "config").write_text(
            "[profile foobar]\nregion = us-east-1\n[profile wrong]\nregion = us-east-1\n"
            "[profile chained]\nregion = us-east-1\nsource_profile = foobar\n"
            f"role_arn = {endpoint.ROLE}\nrole_session_name = chained\n"
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.env = kept | {"HOME": home.name, "AWS_ENDPOINT_URL": endpoint.URL}

    def aws(self, *arguments):
        command = [sys.executable, AWS, *arguments]
        return subprocess.run(command, env=self.env, capture_output=True, text=True)

    def test_the_command_of_the_readme(self):
        result = self.aws(
            "--profile", "foobar", "--endpoint-url", endpoint.URL, "sts", "assume-role",
            "--policy", endpoint.POLICY, "--role-arn", "arn:xxx:xxx:xxx:xxxx",
            "--role-session-name", "anything",
        )  # fmt: skip
        self.assertEqual(result.returncode, 0, result.stderr)
        reply = json.loads(result.stdout)
        self.assertEqual(set(reply), {"AssumedRoleUser", "Credentials", "PackedPolicySize"})
        self.assertEqual(reply["AssumedRoleUser"]["AssumedRoleId"], "foobar:anything")
        credentials = reply["Credentials"]
        self.assertRegex(credentials["AccessKeyId"], r"^[A-Z][A-Z0-9]{19}$")
        self.assertRegex(credentials["SecretAccessKey"], r"^[A-Za-z0-9+]{40}$")
        self.assertRegex(credentials["Expiration"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

    def test_a_profile_with_a_role(self):
        result = self.aws("--profile", "chained", "sts", "get-caller-identity")
        self.assertEqual(result.returncode, 0, result.stderr)
        arn = json.loads(result.stdout)["Arn"]
        self.assertEqual(arn, "arn:aws:sts::000000000000:assumed-role/foobar/chained")

    def test_errors_are_named(self):
        assume = ["sts", "assume-role", "--role-arn", endpoint.ROLE, "--role-session-name", "name"]
        for arguments, code in [
            (["--profile", "wrong", *assume], "SignatureDoesNotMatch"),
            (["--profile", "foobar", *assume, "--policy", "{}"], "MalformedPolicyDocument"),
            (["--profile", "foobar", *assume, "--duration-seconds", "43201"], "ValidationError"),
        ]:
            with self.subTest(code):
                result = self.aws(*arguments)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(f"({code})", result.stderr)
