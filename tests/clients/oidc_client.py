"""Identity tokens of a certified OpenID provider, exchanged by unmodified clients."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import boto3
import endpoint
from botocore import UNSIGNED
from botocore.config import Config
from minio.credentials import ClientGrantsProvider, WebIdentityProvider
from stack import ROOT, free_ports

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
PROVIDER = Path(__file__).with_name("oidc_provider.mjs")
NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


class Oidc:
    """The provider's process, and the tokens it issues."""

    def __init__(self):
        (port,) = free_ports(1)
        self.url = f"http://localhost:{port}"
        self.process = subprocess.Popen(
            ["node", str(PROVIDER), str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if "listening" not in self.process.stdout.readline():
            raise RuntimeError("the OpenID provider did not start")

    def token(self, algorithm):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "storage"})
        request = urllib.request.Request(f"{self.url}/token", data=form.encode())
        client = base64.b64encode(f"app-{algorithm}:secret-{algorithm}".encode()).decode()
        request.add_header("Authorization", f"Basic {client}")
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def rotate(self, drop=False):
        path = "/rotate?drop" if drop else "/rotate"
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="POST")).read()

    def stop(self):
        self.process.kill()
        self.process.communicate()


def exchange(token, path="/", **parameters):
    """A raw exchange: the status and the text of each element of the reply."""
    form = {"Action": "AssumeRoleWithClientGrants", "Version": "2011-06-15", "Token": token, **parameters}
    request = urllib.request.Request(endpoint.URL + path, data=urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request) as reply:
            status, body = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    return status, {e.tag.removeprefix(NAMESPACE): e.text for e in ElementTree.fromstring(body).iter()}


class OidcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.oidc = Oidc()
        cls.addClassCleanup(cls.oidc.stop)
        endpoint.apply(
            f"""
openid_providers:
  - name: certified
    config_url: {cls.oidc.url}/.well-known/openid-configuration
    client_ids: [https://storage.example.com]
"""
        )

    def test_tokens_of_every_algorithm_are_exchanged(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                token = self.oidc.token(algorithm)["access_token"]
                status, reply = exchange(token)
                self.assertEqual(status, 200, reply)
                self.assertEqual(reply["SubjectFromToken"], f"app-{algorithm}")
                self.assertEqual(reply["Audience"], "https://storage.example.com")
                self.assertEqual(reply["Provider"], self.oidc.url)
                session = endpoint.sts(reply["AccessKeyId"], reply["SecretAccessKey"], reply["SessionToken"])
                self.assertIn("assumed-role", session.get_caller_identity()["Arn"])

    def test_a_changed_token_is_refused(self):
        header, payload, signature = self.oidc.token("ES256")["access_token"].split(".")
        forged = json.loads(base64.urlsafe_b64decode(payload + "=="))
        forged["policy"] = "readwrite"
        payload = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        status, reply = exchange(f"{header}.{payload}.{signature}")
        self.assertEqual((status, reply["Code"]), (400, "InvalidIdentityToken"))

    def test_minio_py_exchanges_client_grants(self):
        credentials = ClientGrantsProvider(
            jwt_provider_func=lambda: self.oidc.token("RS256"), sts_endpoint=endpoint.URL
        ).retrieve()
        self.assertEqual(len(credentials.access_key), 20)
        self.assertTrue(credentials.session_token)

    def test_minio_py_exchanges_a_web_identity(self):
        credentials = WebIdentityProvider(
            jwt_provider_func=lambda: self.oidc.token("EdDSA"), sts_endpoint=endpoint.URL
        ).retrieve()
        self.assertEqual(len(credentials.access_key), 20)

    def test_boto3_exchanges_a_web_identity(self):
        sts = boto3.client(
            "sts", endpoint_url=endpoint.URL, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
        )
        reply = sts.assume_role_with_web_identity(
            RoleArn=endpoint.ROLE,
            RoleSessionName="boto3",
            WebIdentityToken=self.oidc.token("PS256")["access_token"],
            DurationSeconds=900,
        )
        self.assertEqual(reply["SubjectFromWebIdentityToken"], "app-PS256")
        self.assertEqual(reply["Audience"], "https://storage.example.com")

    def test_the_rust_sdk_finds_its_web_identity_in_the_environment(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.oidc.token("ES384")["access_token"])
            file.flush()
            env = {
                "PATH": os.environ["PATH"],
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": endpoint.URL,
                "AWS_WEB_IDENTITY_TOKEN_FILE": file.name,
                "AWS_ROLE_ARN": endpoint.ROLE,
                "AWS_ROLE_SESSION_NAME": "rust",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            binary = ROOT / "target" / "debug" / "web-identity"
            arn = subprocess.run([binary], env=env, capture_output=True, text=True, check=True).stdout
        self.assertRegex(arn.strip(), r"^arn:aws:sts::000000000000:assumed-role/[\w-]{43}/rust$")

    def test_the_example_prints_the_credentials(self):
        command = [sys.executable, ROOT / "docs" / "examples" / "client_grants.py"]
        command += ["-cid", "app-RS256", "-csec", "secret-RS256"]
        command += ["-token-url", f"{self.oidc.url}/token", "-sts-url", endpoint.URL]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        credentials = json.loads(output)
        names = ["accessKey", "secretKey", "expiration", "sessionToken"]
        self.assertEqual(list(credentials), names)
        keys = [credentials[name] for name in ("accessKey", "secretKey", "sessionToken")]
        endpoint.sts(*keys).get_caller_identity()

    def test_when_keys_rotate_the_newer_ones_are_fetched(self):
        # Each path is a process of its own, which may refetch once a minute; a token that is
        # forged, as in another test, makes the process of `/` do so.
        old = self.oidc.token("ES256")["access_token"]
        path = "/AssumeRoleWithClientGrants"
        self.assertEqual(exchange(old, path)[0], 200)
        self.oidc.rotate()
        new = self.oidc.token("ES256")["access_token"]
        self.assertEqual(exchange(new, path)[0], 200, "an unknown key is fetched at once")
        self.assertEqual(exchange(old, path)[0], 200, "the old key is still published")
        self.oidc.rotate(drop=True)
        newest = self.oidc.token("ES256")["access_token"]
        other = "/AssumeRoleWithWebIdentity"
        action = {"Action": "AssumeRoleWithWebIdentity"}
        self.assertEqual(exchange(newest, other, **action)[0], 200)
        status, reply = exchange(old, other, **action)
        self.assertEqual((status, reply["Code"]), (400, "InvalidIdentityToken"), "the old key is gone")


if __name__ == "__main__":
    unittest.main()
