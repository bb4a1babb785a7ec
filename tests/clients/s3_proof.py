"""Real clients' temporary credentials on the S3 gateway of `make run S3=1`.

Run alone it starts a stack of its own. With STS_URL, S3_URL and STATE in the environment it
uses the stack that they name, started with the configuration s3_proof.yaml.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import boto3
import minio
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Keys
from botocore.exceptions import ClientError
from minio.credentials import AssumeRoleProvider, ClientGrantsProvider, StaticProvider
from minio.deleteobjects import DeleteObject

from stack import ROOT, Stack, free_ports

CONFIG = Path(__file__).with_name("s3_proof.yaml")
BIN = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug"
REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/demo"
MEGABYTE = 1 << 20

# Behind s3_proof.yaml: who vouches for the owners of tokens.
EXCHANGES = """
identity_plugins:
  - name: proof
    url: http://localhost:{plugin}
    role_policies: [readwrite]
    role_id: proof
openid_providers:
  - name: proof
    config_url: http://localhost:{provider}/.well-known/openid-configuration
    client_ids: [demo-app]
    claim_name: policy
"""

# How long the gateway may take to see a change: what it remembers, and some for the machine.
NOTICE_SECONDS = 10

# Of the stack under test; see main().
STS_URL = os.environ.get("STS_URL")
S3_URL = os.environ.get("S3_URL")
STATE = os.environ.get("STATE")


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": arns(resources)}


def deny(actions, *resources):
    return {"Effect": "Deny", "Action": actions, "Resource": arns(resources)}


def arns(resources):
    return [f"arn:aws:s3:::{resource}" for resource in resources]


def client(service, keys, url, **config):
    """boto3's client, which retries nothing."""
    options = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        **config,
    )
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=keys[2] if len(keys) > 2 else None,
        config=options,
    )


def s3(keys, **config):
    return client("s3", keys, S3_URL, **config)


def assume(user="foobar", secret="foo12345", **parameters):
    """The keys of a new session by AssumeRole, with boto3."""
    sts = client("sts", (user, secret), STS_URL)
    reply = sts.assume_role(RoleArn=ROLE, RoleSessionName="proof", **parameters)
    return keys_of(reply)


def keys_of(reply):
    new = reply["Credentials"]
    return (new["AccessKeyId"], new["SecretAccessKey"], new["SessionToken"])


def settings():
    """The environment of the stack's own services."""
    lines = (Path(STATE) / "env").read_text().splitlines()
    return dict(line.replace("'", "").split("=", 1) for line in lines)


def admin(*arguments, text=None):
    """Runs sts-admin on the stack's table."""
    command = [BIN / "sts-admin", *arguments]
    env = os.environ | settings()
    result = subprocess.run(command, env=env, input=text, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def fetch(url, method="GET", data=None, headers=None):
    """Status and body of a plain HTTP request."""
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Proof(unittest.TestCase):
    """What all cases share: foobar may do everything, its bucket demo has one object."""

    @classmethod
    def setUpClass(cls):
        cls.owner = s3(("foobar", "foo12345"))
        cls.owner.put_object(Bucket="demo", Key="public/a.txt", Body=b"a")
        cls.owner.put_object(Bucket="private", Key="secret.txt", Body=b"secret")

    def refuses(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        error = caught.exception.response
        status = error["ResponseMetadata"]["HTTPStatusCode"]
        # The answer to a HEAD has no body, and so no code.
        self.assertIn(error["Error"]["Code"], (code, str(status)))
        return status

    def reads(self, store, key="public/a.txt", body=b"a"):
        self.assertEqual(store.get_object(Bucket="demo", Key=key)["Body"].read(), body)

    def dies(self, store, code="InvalidToken"):
        """Waits until the store's credentials are refused, which has to be soon."""
        deadline = time.monotonic() + NOTICE_SECONDS
        while time.monotonic() < deadline:
            try:
                store.get_object(Bucket="demo", Key="public/a.txt")
            except ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], code)
                return
            time.sleep(0.2)
        self.fail("the credentials still work")


class Roles(Proof):
    """Credentials of the three clients open the store."""

    def test_a_user_reads_with_long_term_keys(self):
        self.reads(self.owner)

    def test_boto3_assumes_a_role(self):
        self.reads(s3(assume()))

    def test_minio_py_assumes_a_role(self):
        provider = AssumeRoleProvider(sts_endpoint=STS_URL, access_key="foobar", secret_key="foo12345")
        store = minio_py(provider)
        self.assertEqual(store.get_object("demo", "public/a.txt").data, b"a")
        self.assertIn("public/a.txt", [o.object_name for o in store.list_objects("demo", "public/")])

    def test_the_aws_cli_assumes_a_role(self):
        reply = aws_cli(
            ("foobar", "foo12345"), STS_URL, "sts", "assume-role",
            "--role-arn", ROLE, "--role-session-name", "proof",
        )
        keys = keys_of(json.loads(reply.stdout))
        listing = aws_cli(keys, S3_URL, "s3", "ls", "s3://demo/public/")
        self.assertIn("a.txt", listing.stdout)
        copied = aws_cli(keys, S3_URL, "s3", "cp", "s3://demo/public/a.txt", "-")
        self.assertEqual(copied.stdout, "a")
        narrow = assume(Policy=policy(allow("s3:*", "demo", "demo/*")))
        refused = aws_cli(narrow, S3_URL, "s3", "ls", "s3://private/")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("AccessDenied", refused.stderr)


class Exchanges(Proof):
    """Credentials for tokens of the demo plugin and the demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plugin, cls.provider = free_ports(2)
        keys = Path(STATE) / "proof.keys"
        cls.start("plugin", "--port", plugin)
        cls.start("provider", "--port", cls.provider, "--keys", keys)
        providers = EXCHANGES.format(plugin=plugin, provider=cls.provider)
        admin("apply", "-f", "-", text=providers)

    @classmethod
    def start(cls, *arguments):
        """Starts a demo service, and sees to its end."""
        command = [BIN / "sts-local", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.communicate)
        cls.addClassCleanup(process.terminate)
        process.stdout.readline()

    def identity_token(self):
        basic = {"Authorization": "Basic ZGVtby1hcHA6ZGVtby1zZWNyZXQ="}
        url = f"http://localhost:{self.provider}/token"
        return json.loads(fetch(url, "POST", b"grant_type=client_credentials", basic)[1])

    def test_a_custom_token(self):
        role = "arn:minio:iam:::role/idmp-proof"
        self.reads(s3(exchange("AssumeRoleWithCustomToken", Token="aaa", RoleArn=role)))

    def test_client_grants_with_minio_py(self):
        provider = ClientGrantsProvider(
            jwt_provider_func=self.identity_token, sts_endpoint=STS_URL
        )
        self.assertEqual(minio_py(provider).get_object("demo", "public/a.txt").data, b"a")

    def test_a_web_identity_with_boto3(self):
        sts = client("sts", ("unused", "unused"), STS_URL)
        token = self.identity_token()["access_token"]
        reply = sts.assume_role_with_web_identity(
            RoleArn=ROLE, RoleSessionName="proof", WebIdentityToken=token
        )
        self.reads(s3(keys_of(reply)))


class Operations(Proof):
    """What a session may do with one folder of a bucket, and with nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = s3(assume(Policy=policy(
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "demo/mine/*"),
            allow("s3:AbortMultipartUpload", "demo/mine/*"),
            {**allow("s3:ListBucket", "demo"), "Condition": {"StringLike": {"s3:prefix": "mine/*"}}},
        )))

    def test_put_get_head_delete(self):
        one = {"Bucket": "demo", "Key": "mine/1 +ü.txt"}
        self.store.put_object(**one, Body=b"1")
        self.assertEqual(self.store.get_object(**one)["Body"].read(), b"1")
        self.assertEqual(self.store.head_object(**one)["ContentLength"], 1)
        self.store.delete_object(**one)
        self.refuses("NoSuchKey", self.store.get_object, **one)

    def test_nothing_else(self):
        other = {"Bucket": "demo", "Key": "public/a.txt"}
        for call, parameters in [
            (self.store.get_object, other),
            (self.store.head_object, other),
            (self.store.put_object, {**other, "Body": b"x"}),
            (self.store.delete_object, other),
            (self.store.get_object_acl, {"Bucket": "demo", "Key": "mine/1"}),
            (self.store.get_bucket_policy, {"Bucket": "demo"}),
            (self.store.delete_bucket, {"Bucket": "demo"}),
            (self.store.create_bucket, {"Bucket": "another"}),
            (self.store.list_buckets, {}),
            (self.store.get_object, {"Bucket": "private", "Key": "secret.txt"}),
            (self.store.create_multipart_upload, other),
            (self.store.put_object, {"Bucket": "demo", "Key": "mine/1", "ACL": "public-read", "Body": b"x"}),
        ]:
            with self.subTest(call.__name__, **parameters):
                self.assertEqual(self.refuses("AccessDenied", call, **parameters), 403)
        self.reads(self.owner)

    def test_list_needs_the_prefix(self):
        self.store.put_object(Bucket="demo", Key="mine/listed", Body=b"")
        found = self.store.list_objects_v2(Bucket="demo", Prefix="mine/l")
        self.assertEqual([o["Key"] for o in found["Contents"]], ["mine/listed"])
        for prefix in ("", "public/", "m", "MINE/"):
            with self.subTest(prefix):
                self.refuses("AccessDenied", self.store.list_objects_v2, Bucket="demo", Prefix=prefix)

    def test_many_are_deleted_if_each_may_be(self):
        keys = ["mine/d1", "mine/d2"]
        for key in keys:
            self.store.put_object(Bucket="demo", Key=key, Body=b"")
        mixed = {"Objects": [{"Key": key} for key in [*keys, "public/a.txt"]]}
        self.refuses("AccessDenied", self.store.delete_objects, Bucket="demo", Delete=mixed)
        self.reads(self.store, "mine/d1", b"")
        self.reads(self.owner)
        allowed = {"Objects": [{"Key": key} for key in keys]}
        done = self.store.delete_objects(Bucket="demo", Delete=allowed)
        self.assertEqual(sorted(o["Key"] for o in done["Deleted"]), keys)

    def test_minio_py_deletes_many(self):
        keys = assume(Policy=policy(allow(["s3:PutObject", "s3:DeleteObject"], "demo/mine/*")))
        store = minio_py(StaticProvider(*keys))
        store.put_object("demo", "mine/m1", io.BytesIO(b"1"), 1)
        self.assertEqual(list(store.remove_objects("demo", [DeleteObject("mine/m1")])), [])
        with self.assertRaisesRegex(minio.error.S3Error, "AccessDenied"):
            list(store.remove_objects("demo", [DeleteObject("public/a.txt")]))

    def test_a_copy_needs_its_source(self):
        self.store.put_object(Bucket="demo", Key="mine/source", Body=b"s")
        self.store.copy_object(Bucket="demo", Key="mine/copy", CopySource="demo/mine/source")
        self.reads(self.store, "mine/copy", b"s")
        for source in ("private/secret.txt", "demo/public/a.txt", "/private/secret.txt"):
            with self.subTest(source):
                copy = {"Bucket": "demo", "Key": "mine/stolen", "CopySource": source}
                self.refuses("AccessDenied", self.store.copy_object, **copy)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="mine/stolen")

    def test_a_copied_part_needs_its_source(self):
        upload = {"Bucket": "demo", "Key": "mine/parts"}
        upload["UploadId"] = self.store.create_multipart_upload(**upload)["UploadId"]
        copy = {**upload, "PartNumber": 1, "CopySource": "private/secret.txt"}
        self.refuses("AccessDenied", self.store.upload_part_copy, **copy)
        self.store.abort_multipart_upload(**upload)

    def test_eleven_megabytes_in_parts(self):
        body = os.urandom(11 * MEGABYTE)
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            self.store.upload_file(file.name, "demo", "mine/big")
            with self.assertRaises(boto3.exceptions.S3UploadFailedError):
                self.store.upload_file(file.name, "demo", "public/big")
        self.assertEqual(self.store.head_object(Bucket="demo", Key="mine/big")["ContentLength"], len(body))
        self.reads(self.store, "mine/big", body)

    def test_keys_that_a_file_system_confuses_are_refused(self):
        for key, code in [
            ("/mine/x", "InvalidRequest"),
            ("mine//x", "InvalidRequest"),
            ("mine/x/", "InvalidRequest"),
            ("mine/../../private/secret.txt", "InvalidURI"),
            (f"/{Path(STATE).resolve()}/s3/private/secret.txt", "InvalidRequest"),
        ]:
            with self.subTest(key):
                self.refuses(code, self.owner.get_object, Bucket="demo", Key=key)
        self.refuses("InvalidRequest", self.owner.list_objects_v2, Bucket="demo", Prefix="/mine/")


class Policies(Proof):
    """A session policy narrows, and never widens."""

    def test_it_narrows(self):
        store = s3(assume(Policy=policy(allow("s3:GetObject", "demo/public/*"))))
        self.reads(store)
        self.refuses("AccessDenied", store.put_object, Bucket="demo", Key="public/b", Body=b"")

    def test_it_never_widens(self):
        everything = policy(allow("s3:*", "*"))
        store = s3(assume("reader", "reader-secret", Policy=everything))
        self.reads(store)
        self.refuses("AccessDenied", store.put_object, Bucket="demo", Key="public/b", Body=b"")
        self.refuses("AccessDenied", store.list_objects_v2, Bucket="demo")

    def test_an_explicit_deny_wins(self):
        denied = policy(allow("s3:*", "*"), deny("s3:GetObject", "demo/public/*"))
        store = s3(assume(Policy=denied))
        self.refuses("AccessDenied", store.get_object, Bucket="demo", Key="public/a.txt")
        self.assertTrue(store.list_objects_v2(Bucket="demo")["Contents"])

    def test_a_user_without_policies_may_nothing(self):
        for keys in (("nobody", "nobody-secret"), assume("nobody", "nobody-secret")):
            self.refuses("AccessDenied", s3(keys).get_object, Bucket="demo", Key="public/a.txt")

    def test_conditions_see_the_request(self):
        local = {**allow("s3:GetObject", "demo/*"), "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}
        self.reads(s3(assume(Policy=policy(local))))
        local["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
        store = s3(assume(Policy=policy(local)))
        self.refuses("AccessDenied", store.get_object, Bucket="demo", Key="public/a.txt")


class Damaged(Proof):
    """Credentials that are not whole, not ours or not signed the right way."""

    A = {"Bucket": "demo", "Key": "public/a.txt"}

    def presigned(self, keys, version="s3v4", **options):
        store = s3(keys, signature_version=version)
        return store.generate_presigned_url("get_object", Params=self.A, **options)

    def test_damaged_credentials(self):
        key, secret, token = assume()
        other = assume()
        for code, keys in [
            ("InvalidAccessKeyId", (key, secret)),
            ("InvalidToken", (key, secret, other[2])),
            ("InvalidToken", (key, secret, "not-a-token")),
            ("InvalidToken", (key, secret, token[:-2])),
            ("InvalidToken", (other[0], other[1], token)),
            ("SignatureDoesNotMatch", (key, other[1], token)),
            ("SignatureDoesNotMatch", ("foobar", "wrong-secret")),
            ("InvalidAccessKeyId", ("unknown", "wrong-secret")),
            ("InvalidToken", ("foobar", "foo12345", token)),
        ]:
            with self.subTest(code):
                self.refuses(code, s3(keys).get_object, **self.A)

    def test_anonymous_requests(self):
        for url in (f"{S3_URL}/demo/public/a.txt", f"{S3_URL}/demo", S3_URL):
            status, body = fetch(url)
            self.assertEqual(status, 403)
            self.assertIn(b"<Code>AccessDenied</Code>", body)

    def test_presigned_urls(self):
        keys = assume(Policy=policy(allow("s3:GetObject", "demo/*")))
        url = self.presigned(keys)
        self.assertEqual(fetch(url), (200, b"a"))
        self.assertEqual(fetch(url, "PUT", b"x")[0], 403)
        self.assertEqual(fetch(url.replace("public/a.txt", "public/b.txt"))[0], 403)
        self.assertEqual(fetch(url + "&versionId=1")[0], 403)
        self.assertEqual(fetch(url, headers={"x-amz-acl": "private"})[0], 403)

    def test_a_presigned_url_without_its_token(self):
        url = urllib.parse.urlsplit(self.presigned(assume()))
        query = urllib.parse.parse_qsl(url.query)
        stripped = [pair for pair in query if pair[0] != "X-Amz-Security-Token"]
        self.assertEqual(len(stripped), len(query) - 1)
        status, body = fetch(url._replace(query=urllib.parse.urlencode(stripped)).geturl())
        self.assertEqual(status, 403)
        self.assertIn(b"<Code>InvalidAccessKeyId</Code>", body)

    def test_a_presigned_url_expires(self):
        url = self.presigned(assume(), ExpiresIn=1)
        time.sleep(2.1)
        self.assertEqual(fetch(url)[0], 403)

    def test_signature_version_2(self):
        for keys in (assume(), ("foobar", "foo12345")):
            url = self.presigned(keys, version="s3")
            self.assertIn("Signature=", url)
            status, body = fetch(url)
            self.assertEqual(status, 403)
            self.assertIn(b"<Code>AccessDenied</Code>", body)

    def test_a_signature_for_another_service(self):
        for service, status in (("s3", 200), ("sts", 400), ("execute-api", 400)):
            request = AWSRequest("GET", f"{S3_URL}/demo/public/a.txt")
            S3SigV4Auth(Keys(*assume()), service, REGION).add_auth(request)
            with self.subTest(service):
                self.assertEqual(fetch(request.url, headers=dict(request.headers))[0], status)

    def test_a_form_upload(self):
        store = s3(assume(), signature_version="s3v4")
        form = store.generate_presigned_post("demo", "public/form")
        fields = [*form["fields"].items(), ("file", "x")]
        part = '--B\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*field) for field in fields) + "--B--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=B"}
        self.assertEqual(fetch(form["url"], "POST", body.encode(), headers)[0], 403)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="public/form")

    def test_another_body_than_the_signed_one(self):
        request = AWSRequest("PUT", f"{S3_URL}/demo/public/body", data=b"signed")
        request.context["payload_signing_enabled"] = True
        S3SigV4Auth(Keys(*assume()), "s3", REGION).add_auth(request)
        self.assertNotIn("UNSIGNED", request.headers["X-Amz-Content-SHA256"])
        headers = dict(request.headers)
        self.assertGreaterEqual(fetch(request.url, "PUT", b"forged", headers)[0], 400)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="public/body")


class Ends(Proof):
    """A session ends with its time, by revocation, and with its user."""

    def living(self, user="ending", secret="ending-secret", **parameters):
        keys = assume(user, secret, **parameters)
        store = s3(keys)
        self.reads(store)
        return keys, store

    def test_expiry(self):
        """The session's row is made to end now; waiting would take a quarter of an hour."""
        keys, store = self.living()
        table = client("dynamodb", ("local", "local"), settings()["AWS_ENDPOINT_URL_DYNAMODB"])
        table.update_item(
            TableName=settings()["STS_TABLE"],
            Key={"pk": {"S": f"SESSION#{keys[0]}"}},
            UpdateExpression="SET expiry = :now",
            ConditionExpression="attribute_exists(expiry)",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )
        self.dies(store, "ExpiredToken")

    def test_revocation_of_one(self):
        keys, store = self.living()
        _, other = self.living()
        admin("session", "revoke", keys[0])
        self.dies(store)
        self.reads(other)

    def test_revocation_of_a_type(self):
        form = {"RoleArn": ROLE, "RoleSessionName": "proof", "TokenRevokeType": "laptop"}
        store = s3(signed("AssumeRole", ("ending", "ending-secret"), **form))
        self.reads(store)
        _, other = self.living()
        admin("session", "revoke", "--parent", "user/ending", "--type", "laptop")
        self.dies(store)
        self.reads(other)

    def test_revocation_of_a_parent(self):
        stores = [self.living()[1] for _ in range(2)]
        admin("session", "revoke", "--parent", "user/ending")
        for store in stores:
            self.dies(store)
        self.reads(s3(assume()))

    def test_a_disabled_user(self):
        _, store = self.living("leaving", "leaving-secret")
        admin("user", "disable", "leaving")
        self.dies(store)
        self.dies(s3(("leaving", "leaving-secret")), "AccessDenied")
        admin("user", "enable", "leaving")


def minio_py(provider):
    endpoint = urllib.parse.urlsplit(S3_URL).netloc
    return minio.Minio(endpoint, credentials=provider, secure=False, region=REGION)


def aws_cli(keys, url, *arguments):
    """The aws cli with nothing of the user's own settings."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    env = {"PATH": os.environ["PATH"], "HOME": STATE, "AWS_DEFAULT_REGION": REGION}
    command = [Path(sys.executable).parent / "aws", "--endpoint-url", url, *arguments]
    env |= dict(zip(names, keys))
    return subprocess.run(command, env=env, capture_output=True, text=True)


def exchange(action, **parameters):
    """The keys of a session by an unsigned action."""
    return new_keys(AWSRequest("POST", STS_URL, data=form(action, parameters)))


def signed(action, keys, **parameters):
    """The keys of a session by a signed action, with parameters that boto3 does not know."""
    request = AWSRequest("POST", STS_URL + "/", data=form(action, parameters))
    SigV4Auth(Keys(*keys), "sts", REGION).add_auth(request)
    return new_keys(request)


def form(action, parameters):
    values = {"Action": action, "Version": "2011-06-15", **parameters}
    return urllib.parse.urlencode(values).encode()


def new_keys(request):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **dict(request.headers)}
    status, body = fetch(request.url, "POST", request.data, headers)
    text = body.decode()
    if status != 200:
        raise RuntimeError(f"the service answered {status}: {text}")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return tuple(text.split(f"<{name}>")[1].split("<")[0] for name in names)


def main():
    global STS_URL, S3_URL, STATE
    if STS_URL and S3_URL and STATE:
        return report()
    with tempfile.TemporaryDirectory(prefix="lambda-sts-") as state:
        stack = Stack(state, CONFIG, s3=True)
        STS_URL, S3_URL, STATE = stack.url, stack.s3_url, state
        try:
            stack.start()
            return report()
        finally:
            stack.stop()


def report():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main()))
