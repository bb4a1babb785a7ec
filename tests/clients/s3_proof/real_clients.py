"""Every client that there is, from its own credentials provider to its own listing."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

from minio.credentials import AssumeRoleProvider, ClientGrantsProvider, WebIdentityProvider
from stack import free_ports

from . import service
from .case import Proof, allow, policy
from .credentials import ROLE, AssumeRole, keys_of, start


class LongTermKeys(Proof):
    """Users sign for themselves, too."""

    def test_a_user_reads(self):
        self.reads(self.owner)

    def test_a_user_without_policies_may_nothing(self):
        nobody = AssumeRole().issue("nobody")
        for keys in (("nobody", "nobody-secret"), nobody):
            store = service.s3(keys)
            self.refuses("AccessDenied", store.get_object, Bucket="demo", Key="public/a.txt")


class Roles(Proof):
    """`AssumeRole` by minio-py and the aws cli; boto3 is everywhere else."""

    def test_minio_py(self):
        keys = {"access_key": "foobar", "secret_key": "foo12345"}
        store = service.minio_py(AssumeRoleProvider(sts_endpoint=service.STS_URL, **keys))
        self.assertEqual(store.get_object("demo", "public/a.txt").data, b"a")
        listed = store.list_objects("demo", "public/")
        self.assertIn("public/a.txt", [o.object_name for o in listed])

    def test_the_aws_cli(self):
        reply = service.aws_cli(
            ("foobar", "foo12345"), service.STS_URL, "sts", "assume-role",
            "--role-arn", ROLE, "--role-session-name", "proof",
        )
        keys = keys_of(json.loads(reply.stdout))
        listing = service.aws_cli(keys, service.S3_URL, "s3", "ls", "s3://demo/public/")
        self.assertIn("a.txt", listing.stdout)
        copied = service.aws_cli(keys, service.S3_URL, "s3", "cp", "s3://demo/public/a.txt", "-")
        self.assertEqual(copied.stdout, "a")
        narrow = AssumeRole().issue(Policy=policy(allow("s3:*", "demo", "demo/*")))
        refused = service.aws_cli(narrow, service.S3_URL, "s3", "ls", "s3://private/")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("AccessDenied", refused.stderr)

    def test_the_aws_cli_presigns_as_it_is_told(self):
        keys = AssumeRole().issue()
        presign = ("s3", "presign", "s3://demo/public/a.txt")
        url = service.aws_cli(keys, service.S3_URL, *presign).stdout.strip()
        status, body = service.fetch(url)
        self.assertEqual(status, 403)
        (command,) = re.findall(rb"aws (configure set [^<]+)<", body)
        service.aws_cli(keys, service.S3_URL, *command.decode().split())
        url = service.aws_cli(keys, service.S3_URL, *presign).stdout.strip()
        self.assertEqual(service.fetch(url), (200, b"a"))


class DemoProvider(Proof):
    """Tokens of an OpenID provider with a discovery document, and policies in a claim."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        (cls.port,) = free_ports(1)
        keys = Path(service.STATE) / "proof.keys"
        process = start("provider", "--port", cls.port, "--keys", keys)
        stack.callback(process.communicate)
        stack.callback(process.terminate)
        url = f"http://localhost:{cls.port}/.well-known/openid-configuration"
        provider = {"name": "demo", "config_url": url, "client_ids": ["demo-app"], "claim_name": "policy"}
        service.admin("apply", "-f", "-", text=json.dumps({"openid_providers": [provider]}))

    def token(self):
        basic = {"Authorization": "Basic ZGVtby1hcHA6ZGVtby1zZWNyZXQ="}
        url = f"http://localhost:{self.port}/token"
        return json.loads(service.fetch(url, "POST", b"grant_type=client_credentials", basic)[1])

    def test_minio_py(self):
        for provider in (ClientGrantsProvider, WebIdentityProvider):
            with self.subTest(provider.__name__):
                provider = provider(jwt_provider_func=self.token, sts_endpoint=service.STS_URL)
                store = service.minio_py(provider)
                self.assertEqual(store.get_object("demo", "public/a.txt").data, b"a")

    def test_boto3(self):
        sts = service.client("sts", ("unused", "unused"), service.STS_URL)
        reply = sts.assume_role_with_web_identity(
            RoleArn=ROLE, RoleSessionName="proof", WebIdentityToken=self.token()["access_token"]
        )
        store = service.s3(keys_of(reply))
        self.reads(store)
        one = {"Bucket": "demo", "Key": "public/b.txt", "Body": b"b"}
        self.refuses("AccessDenied", store.put_object, **one)
