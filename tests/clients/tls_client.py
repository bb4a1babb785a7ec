"""Unmodified clients over HTTPS, each told to trust the authority in the way of its kind."""

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

import boto3
import endpoint
from aws_cli_client import AWS
from oidc_client import Oidc
from stack import ROOT

JAVASCRIPT = Path(__file__).with_name("tls_client.mjs")
SESSION = "arn:aws:sts::000000000000:assumed-role/foobar/"
# A federated session is named by a digest of who it is.
FEDERATED = r"^arn:aws:sts::000000000000:assumed-role/[\w-]{43}/"
AUDIENCE = "https://storage.example.com"


def environment(**variables):
    """The variables, and nothing else of AWS or of authorities."""
    known = ("AWS_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(known)}
    return kept | variables


def run(*command, **variables):
    result = subprocess.run(command, env=environment(**variables), capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return result.stdout.strip()


def sts(**options):
    """boto3's client of foobar."""
    return boto3.client(
        "sts",
        endpoint_url=endpoint.TLS_URL,
        region_name="us-east-1",
        aws_access_key_id=endpoint.USER,
        aws_secret_access_key=endpoint.SECRET,
        **options,
    )


def signed_url():
    """A presigned URL that says who foobar is; its signature covers the host."""
    return sts().generate_presigned_url("get_caller_identity", HttpMethod="GET")


def javascript(authority, client, **variables):
    """What a JavaScript client prints."""
    variables |= {"STS_URL": endpoint.TLS_URL, "ROLE": endpoint.ROLE, "NODE_EXTRA_CA_CERTS": authority}
    return run("node", str(JAVASCRIPT), client, **variables)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = str(endpoint.STATE / "tls" / "ca.pem")

    def test_nobody_trusts_the_authority_unasked(self):
        with self.assertRaisesRegex(OSError, "CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(endpoint.TLS_URL, context=ssl.create_default_context())

    def test_boto3(self):
        client = sts(verify=self.authority)
        reply = client.assume_role(RoleArn=endpoint.ROLE, RoleSessionName="boto3", Policy=endpoint.POLICY)
        self.assertEqual(reply["AssumedRoleUser"]["Arn"], SESSION + "boto3")

    def test_the_aws_cli(self):
        arn = run(
            *(sys.executable, str(AWS), "--endpoint-url", endpoint.TLS_URL, "--output", "text"),
            *("sts", "get-caller-identity", "--query", "Arn"),
            AWS_ACCESS_KEY_ID=endpoint.USER,
            AWS_SECRET_ACCESS_KEY=endpoint.SECRET,
            AWS_DEFAULT_REGION="us-east-1",
            AWS_CA_BUNDLE=self.authority,
        )
        self.assertTrue(arn.endswith("user/foobar"), arn)

    def test_the_javascript_sdk_assumes_a_role(self):
        self.assertEqual(javascript(self.authority, "sdk-assume-role"), SESSION + "sdk")

    def test_minio_js_assumes_a_role(self):
        self.assertEqual(javascript(self.authority, "minio-js"), SESSION + "minio")

    def test_a_presigned_url_over_http_2(self):
        url = signed_url()
        self.assertIn("user/foobar", javascript(self.authority, "http2", SIGNED_URL=url))

    def test_curl_signs_for_http_2_and_http_1(self):
        curl = shutil.which("curl")
        if curl is None or "HTTP2" not in run(curl, "--version"):
            print("curl: not tested here, it is missing or has no HTTP/2")
            return
        signer = ["--aws-sigv4", "aws:amz:us-east-1:sts", "--user", f"{endpoint.USER}:{endpoint.SECRET}"]
        form = ["--data", "Action=GetCallerIdentity", "--data", "Version=2011-06-15", endpoint.TLS_URL + "/"]
        for version in ("2", "1.1"):
            for request in ([signed_url()], signer + form):
                with self.subTest(version, request=request[0]):
                    trust = ["--silent", "--show-error", "--cacert", self.authority, f"--http{version}"]
                    told = run(curl, *trust, "--write-out", "%{http_version}", *request)
                    self.assertIn("user/foobar", told)
                    self.assertTrue(told.endswith(version), told)


class TlsWebIdentity(unittest.TestCase):
    """Web identities, by a token of a certified provider."""

    @classmethod
    def setUpClass(cls):
        cls.authority = str(endpoint.STATE / "tls" / "ca.pem")
        cls.oidc = Oidc()
        cls.addClassCleanup(cls.oidc.stop)
        endpoint.apply(
            f"""
openid_providers:
  - name: certified-tls
    config_url: {cls.oidc.url}/.well-known/openid-configuration
    client_ids: [{AUDIENCE}]
"""
        )

    def token(self):
        return self.oidc.token("RS256")["access_token"]

    def test_the_javascript_sdk_exchanges_a_web_token(self):
        arn = javascript(self.authority, "sdk-web-token", WEB_TOKEN=self.token())
        self.assertRegex(arn, FEDERATED + "web$")

    def test_object_store_exchanges_the_web_identity_of_its_environment(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.token())
            file.flush()
            keys = run(
                str(ROOT / "target" / "debug" / "object-store"),
                AWS_ENDPOINT_URL_STS=endpoint.TLS_URL,
                AWS_WEB_IDENTITY_TOKEN_FILE=file.name,
                AWS_ROLE_ARN=endpoint.ROLE,
                AWS_ROLE_SESSION_NAME="object-store",
                SSL_CERT_FILE=self.authority,
            )
        arn = endpoint.sts(*keys.split("\n")).get_caller_identity()["Arn"]
        self.assertRegex(arn, FEDERATED + "object-store$")


if __name__ == "__main__":
    unittest.main()
