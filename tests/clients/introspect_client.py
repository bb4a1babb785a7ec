"""A gateway in Python, by the very lines that the guide for guards of data shows."""

import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import endpoint
from stack import ROOT

GUIDE = (ROOT / "docs" / "RESOURCE-SERVERS.md").read_text()

CONFIGURATION = {
    "policies": [{
        "name": "introspect",
        "document": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:IntrospectSession",
            "Resource": "arn:aws:sts::000000000000:session/*",
        }]},
    }],
    "users": [{"access_key": "gateway", "secret": "gateway-secret", "policies": ["introspect"]}],
}

BUCKET_A = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"},
]})

# How long the gateway may remember an answer, and some for the machine.
NOTICE_SECONDS = 10


def guide():
    """What the lines of the guide define."""
    os.environ |= {"STS_URL": endpoint.URL, "GATEWAY_KEY": "gateway", "GATEWAY_SECRET": "gateway-secret"}
    code = GUIDE.split("```python\n")[1].split("```")[0]
    names = {}
    exec(compile(code, "RESOURCE-SERVERS.md", "exec"), names)
    return names


class Handler(BaseHTTPRequestHandler):
    """Answers 200 to what the gateway allows, else 403."""

    is_allowed = None

    def do_GET(self):
        headers = {name.lower(): ",".join(self.headers.get_all(name)) for name in self.headers}
        try:
            status = 200 if type(self).is_allowed(self.path, headers) else 403
        except Exception:
            status = 403
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


class Introspection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        endpoint.apply(json.dumps(CONFIGURATION))
        Handler.is_allowed = staticmethod(guide()["is_allowed"])
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever).start()
        cls.url = f"http://127.0.0.1:{server.server_port}"

    def get(self, keys, target="/a/b?x-id=GetObject", service="s3", change=lambda request: None):
        """The status of a signed request, changed after it was signed."""
        request = AWSRequest("GET", self.url + target)
        if keys:
            S3SigV4Auth(Credentials(*keys), service, "us-east-1").add_auth(request)
        change(request)
        request = urllib.request.Request(request.url, headers=dict(request.headers))
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def session(self):
        sts = endpoint.sts()
        reply = sts.assume_role(RoleArn=endpoint.ROLE, RoleSessionName="guide", Policy=BUCKET_A)
        new = reply["Credentials"]
        return (new["AccessKeyId"], new["SecretAccessKey"], new["SessionToken"])

    def test_the_guide_has_about_thirty_lines(self):
        lines = GUIDE.split("```python\n")[1].split("```")[0].splitlines()
        self.assertLess(len([line for line in lines if line.strip()]), 36)

    def test_it_lets_through_what_is_signed_and_allowed(self):
        keys = self.session()
        for target in ("/a/b", "/a/b?x-id=GetObject", "/a/b%20c?b=2&a=1", "/a/%C3%A9"):
            self.assertEqual(self.get(keys, target), 200, target)

    def test_it_refuses_everything_else(self):
        key, secret, token = keys = self.session()
        other = self.session()
        for case, status in [
            ("another bucket", self.get(keys, "/b/b")),
            ("another secret", self.get((key, other[1], token))),
            ("another's token", self.get((key, secret, other[2]))),
            ("no token", self.get((key, secret))),
            ("for another service", self.get(keys, service="sts")),
            ("a user whom it may not ask about", self.get((endpoint.USER, endpoint.SECRET))),
            ("an unknown key", self.get(("nobody-at-all", "nobody-secret"))),
            ("no signature", self.get(None)),
        ]:
            self.assertEqual(status, 403, case)

    def test_it_refuses_what_was_changed_on_the_way(self):
        keys = self.session()

        def path(request):
            request.url = request.url.replace("/a/b", "/a/c")

        def query(request):
            request.url += "&versionId=1"

        def date(request):
            request.headers.replace_header("X-Amz-Date", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 9)))

        def header(request):
            request.headers["x-amz-acl"] = "public-read"

        def cdn(request):
            request.headers["x-amz-cf-id"] = "added"

        self.assertEqual(self.get(keys), 200)
        self.assertEqual(self.get(keys, change=cdn), 200)
        for change in (path, query, date, header):
            self.assertEqual(self.get(keys, change=change), 403, change.__name__)

    def test_it_notices_a_revocation(self):
        keys = self.session()
        self.assertEqual(self.get(keys), 200)
        endpoint.admin("session", "revoke", keys[0])
        deadline = time.monotonic() + NOTICE_SECONDS
        while self.get(keys) == 200:
            self.assertLess(time.monotonic(), deadline, "the session still works")
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main()
