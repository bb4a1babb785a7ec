"""Credentials that are not whole, not ours, or not signed the right way."""

import time
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from botocore.exceptions import ClientError

from . import service
from .case import allow, by_every_action, policy


@by_every_action
class Damaged:
    """Credentials that are not whole, not ours or not signed the right way."""

    A = {"Bucket": "demo", "Key": "public/a.txt"}

    def presigned(self, keys, version="s3v4", **options):
        store = service.s3(keys, signature_version=version)
        return store.generate_presigned_url("get_object", Params=self.A, **options)

    def test_damaged_credentials(self):
        key, secret, token = self.action.issue()
        other = self.action.issue()
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
                self.refuses(code, service.s3(keys).get_object, **self.A)

    def test_anonymous_requests(self):
        for url in (f"{service.S3_URL}/demo/public/a.txt", f"{service.S3_URL}/demo", service.S3_URL):
            status, body = service.fetch(url)
            self.assertEqual(status, 403)
            self.assertIn(b"<Code>AccessDenied</Code>", body)

    def test_presigned_urls(self):
        keys = self.action.issue(Policy=policy(allow("s3:GetObject", "demo/*")))
        url = self.presigned(keys)
        self.assertEqual(service.fetch(url), (200, b"a"))
        self.assertEqual(service.fetch(url, "PUT", b"x")[0], 403)
        self.assertEqual(service.fetch(url.replace("public/a.txt", "public/b.txt"))[0], 403)
        self.assertEqual(service.fetch(url + "&versionId=1")[0], 403)
        self.assertEqual(service.fetch(url, headers={"x-amz-acl": "private"})[0], 403)

    def test_a_presigned_url_without_its_token(self):
        url = urllib.parse.urlsplit(self.presigned(self.action.issue()))
        query = urllib.parse.parse_qsl(url.query)
        stripped = [pair for pair in query if pair[0] != "X-Amz-Security-Token"]
        self.assertEqual(len(stripped), len(query) - 1)
        status, body = service.fetch(url._replace(query=urllib.parse.urlencode(stripped)).geturl())
        self.assertEqual(status, 403)
        self.assertIn(b"<Code>InvalidAccessKeyId</Code>", body)

    def test_a_presigned_url_expires(self):
        url = self.presigned(self.action.issue(), ExpiresIn=1)
        time.sleep(2.1)
        self.assertEqual(service.fetch(url)[0], 403)

    def test_signature_version_2(self):
        for keys in (self.action.issue(), ("foobar", "foo12345")):
            url = self.presigned(keys, version="s3")
            self.assertIn("Signature=", url)
            self.is_told_of_version_4(service.fetch(url))
            store = service.s3(keys, signature_version="s3")
            with self.assertRaisesRegex(ClientError, "AccessDenied.*s3v4"):
                store.get_object(**self.A)
            # What boto3 and the AWS CLI presign with unless they are told otherwise.
            url = self.presigned(keys, version=None)
            self.is_told_of_version_4(service.fetch(url))

    def is_told_of_version_4(self, answer):
        status, body = answer
        self.assertEqual(status, 403)
        self.assertIn(b"<Code>AccessDenied</Code>", body)
        self.assertIn(b"signature_version", body)

    def test_a_signature_for_another_service(self):
        for name, status in (("s3", 200), ("sts", 400), ("execute-api", 400)):
            request = AWSRequest("GET", f"{service.S3_URL}/demo/public/a.txt")
            S3SigV4Auth(Keys(*self.action.issue()), name, service.REGION).add_auth(request)
            with self.subTest(name):
                self.assertEqual(service.fetch(request.url, headers=dict(request.headers))[0], status)

    def test_a_form_upload(self):
        store = service.s3(self.action.issue(), signature_version="s3v4")
        form = store.generate_presigned_post("demo", "public/form")
        fields = [*form["fields"].items(), ("file", "x")]
        part = '--B\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*field) for field in fields) + "--B--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=B"}
        self.assertEqual(service.fetch(form["url"], "POST", body.encode(), headers)[0], 403)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="public/form")

    def test_another_body_than_the_signed_one(self):
        request = AWSRequest("PUT", f"{service.S3_URL}/demo/public/body", data=b"signed")
        request.context["payload_signing_enabled"] = True
        S3SigV4Auth(Keys(*self.action.issue()), "s3", service.REGION).add_auth(request)
        self.assertNotIn("UNSIGNED", request.headers["X-Amz-Content-SHA256"])
        headers = dict(request.headers)
        self.assertGreaterEqual(service.fetch(request.url, "PUT", b"forged", headers)[0], 400)
        self.refuses("NoSuchKey", self.owner.get_object, Bucket="demo", Key="public/body")
