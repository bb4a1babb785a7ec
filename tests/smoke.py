"""Checks a live stack from outside: `make smoke STS_URL=https://...`.

What stands between a client and a function must not touch what a signature covers, nor the
replies. Nobody can check that without the real gateway. Each line says what was found.

With a user of the service in STS_ACCESS_KEY and STS_SECRET_KEY it also signs, gets a session,
uses it and revokes it. STS_REGION is the region to sign for, us-east-1 if not set.
"""

import collections
import http.client
import json
import os
import re
import sys
import urllib.parse

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

VERSION = "2011-06-15"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
ROLE = "arn:aws:iam::000000000000:role/smoke"
TIMEOUT_SECONDS = 30
# A policy that keeps every character a gateway might rewrite: space, plus, percent, tilde, UTF-8.
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a+b c%25~é/*"}],
    },
    ensure_ascii=False,
)

# What an action answers to a caller who proves nothing.
UNPROVEN = {
    "AssumeRole": "MissingAuthenticationToken",
    "AssumeRoleWithClientGrants": "ValidationError",
    "AssumeRoleWithCustomToken": "ValidationError",
    "AssumeRoleWithWebIdentity": "ValidationError",
    "GetCallerIdentity": "MissingAuthenticationToken",
    "RevokeSession": "MissingAuthenticationToken",
}

CHECKS = []


class Wrong(Exception):
    """Something is not as it has to be."""


class Reply(collections.namedtuple("Reply", "status headers body")):
    """What came back."""

    def field(self, name):
        """The text of an XML element, or None."""
        found = re.search(f"<{name}>(.*?)</{name}>", self.body, re.DOTALL)
        return found and found.group(1)

    def __str__(self):
        return f"{self.status} {self.field('Code') or self.body[:200]}"


class Client:
    """Sends requests to one endpoint exactly as they are given."""

    def __init__(self, url, region, keys=None):
        self.url = urllib.parse.urlsplit(url)
        self.origin = f"{self.url.scheme}://{self.url.netloc}"
        self.region = region
        self.keys = keys

    def send(self, method, target, body=b"", headers=None):
        secure = self.url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, target, body, headers or {})
            reply = connection.getresponse()
            headers = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, headers, reply.read().decode(errors="replace"))
        finally:
            connection.close()

    def signed(self, method, target, body=b"", headers=None, keys=None, sent=None):
        """Signs `target` in the Authorization header, and perhaps sends another spelling of it."""
        request = AWSRequest(method, self.origin + target, headers or {}, body)
        SigV4Auth(Credentials(*(keys or self.keys)), "sts", self.region).add_auth(request)
        return self.send(method, sent or target, body, dict(request.headers.items()))

    def presigned(self, method, target):
        request = AWSRequest(method, self.origin + target)
        SigV4QueryAuth(Credentials(*self.keys), "sts", self.region, expires=60).add_auth(request)
        return self.send(method, request.url.removeprefix(self.origin))

    def call(self, action, keys=None, **parameters):
        """A signed call as SDKs send it."""
        body = query(action, **parameters).encode()
        return self.signed("POST", "/", body, {"Content-Type": FORM}, keys)


def query(action, **parameters):
    """Parameters in the one encoding that signatures are made over."""
    pairs = sorted({"Action": action, "Version": VERSION, **parameters}.items())
    return urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, safe="")


def check(name, needs_keys=False):
    """Registers a check, which returns what it found or raises Wrong."""

    def register(function):
        CHECKS.append((name, needs_keys, function))
        return function

    return register


def require(condition, found):
    if not condition:
        raise Wrong(found)


def success(reply):
    require(reply.status == 200, reply)
    return reply


@check("reachable")
def reachable(client):
    reply = client.send("POST", "/")
    require((reply.status, reply.field("Code")) == (400, "MissingAction"), reply)
    return f"{client.origin} answers in XML"


@check("errors are XML everywhere")
def errors(client):
    for method, target in [("GET", "/"), ("GET", "/no/such/path"), ("PUT", "/AssumeRole")]:
        reply = client.send(method, target)
        is_xml = reply.headers.get("content-type") == "application/xml"
        require(is_xml and reply.field("Code"), f"{method} {target}: {reply}")
    return "also for paths and methods that are not served"


@check("every action has its path")
def paths(client):
    for action, expected in UNPROVEN.items():
        reply = client.send("POST", f"/{action}?{query(action)}")
        require(reply.field("Code") == expected, f"/{action}: {reply}")
    reply = client.send("POST", "/introspect", b"{}")
    require('"MissingAuthenticationToken"' in reply.body, f"/introspect: {reply}")
    return f"{len(UNPROVEN)} actions and /introspect"


@check("the request id survives")
def request_id(client):
    reply = client.send("POST", "/")
    inside, outside = reply.field("RequestId"), reply.headers.get("x-amzn-requestid")
    require(inside and inside == outside, f"{inside} in the body, {outside} in x-amzn-requestid")
    gateway = reply.headers.get("apigw-requestid")
    return f"{inside}, besides the gateway's own {gateway}" if gateway else inside


@check("the query arrives as sent")
def raw_query(client):
    reply = client.send("POST", "/?Action=a%2Bb+c%20d%2525%7e%C3%A9&Version=x")
    message, expected = reply.field("Message"), "Could not find operation a+b c d%25~é for version x"
    require(message == expected, message or reply)
    return "%2B, +, %20, %2525, %7e and %C3%A9 were each decoded once"


@check("the Authorization header arrives")
def authorization(client):
    reply = client.signed("POST", "/", query("GetCallerIdentity").encode(), keys=("smoke-nobody", "x" * 16))
    require(reply.field("Code") != "MissingAuthenticationToken", f"it was taken away: {reply}")
    require(reply.field("Code") == "InvalidClientTokenId", reply)
    return "a key that does not exist was looked up"


@check("a literal + in a signed query stays one")
def literal_plus(client):
    target = f"/?{query('GetCallerIdentity', Extra='a b')}"
    reply = client.signed("POST", target, keys=("smoke-nobody", "x" * 16), sent=target.replace("%20", "+"))
    require(reply.field("Code") == "MalformedQueryString", reply)
    return "it was refused as ambiguous"


@check("the Authorization header verifies", needs_keys=True)
def caller(client):
    arn = success(client.call("GetCallerIdentity")).field("Arn")
    reply = client.call("GetCallerIdentity", keys=(client.keys[0], client.keys[1] + "x"))
    require(reply.field("Code") == "SignatureDoesNotMatch", f"with a wrong secret: {reply}")
    return f"{arn}, and not with a wrong secret"


@check("signed headers and bodies arrive as sent", needs_keys=True)
def headers(client):
    body = query("GetCallerIdentity").replace("Identity", "%49dentity").encode()
    headers = {"Content-Type": FORM, "X-Amz-Smoke": " a  b,c ", "X-Amz-Meta-Empty": ""}
    success(client.signed("POST", "/", body, headers))
    return "spaces, commas, an empty header, an escape in the form"


@check("a presigned URL verifies", needs_keys=True)
def presigned(client):
    target = f"/?{query('GetCallerIdentity')}"
    arn = success(client.presigned("GET", target)).field("Arn")
    success(client.presigned("GET", f"/GetCallerIdentity?{query('GetCallerIdentity')}"))
    return f"{arn}, at / and at /GetCallerIdentity"


@check("a signed query verifies in every spelling", needs_keys=True)
def spellings(client):
    parameters = {"RoleArn": ROLE, "RoleSessionName": "smoke+1=a,b@c", "Policy": POLICY}
    target = f"/?{query('AssumeRole', **parameters)}"
    lower = re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), target)
    for sent in (target, lower, target.replace("smoke", "%73%6Doke")):
        revoke(client, success(client.signed("POST", target, sent=sent)))
    return "upper and lower case escapes, and needless ones"


@check("a session works until it is revoked", needs_keys=True)
def session(client):
    issued = success(client.call("AssumeRole", RoleArn=ROLE, RoleSessionName="smoke"))
    keys = tuple(issued.field(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    arn = success(client.call("GetCallerIdentity", keys=keys)).field("Arn")
    revoke(client, issued)
    reply = client.call("GetCallerIdentity", keys=keys)
    require(reply.field("Code") == "InvalidClientTokenId", f"after its revocation: {reply}")
    return f"{arn}, until {issued.field('Expiration')} if it had not been revoked"


def revoke(client, issued):
    """Ends a session of this script, by its own credentials."""
    keys = tuple(issued.field(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    success(client.call("RevokeSession", keys=keys))


def run(client):
    """Prints a line for each check, and returns how many failed."""
    results = collections.Counter()
    for name, needs_keys, function in CHECKS:
        result, found = "skip", "needs STS_ACCESS_KEY and STS_SECRET_KEY"
        if client.keys or not needs_keys:
            result, found = attempt(function, client)
        results[result] += 1
        print(f"{result:4}  {name}: {found}", flush=True)
    print(f"{results['ok']} passed, {results['FAIL']} failed, {results['skip']} skipped")
    return results["FAIL"]


def attempt(function, client):
    try:
        return "ok", function(client)
    except (Wrong, OSError, http.client.HTTPException) as error:
        return "FAIL", str(error) or type(error).__name__


def main():
    url = sys.argv[1].rstrip("/") if len(sys.argv) == 2 else ""
    if not re.fullmatch(r"https?://[^/?#]+", url):
        sys.exit("smoke: give the endpoint's URL, without a path: make smoke STS_URL=https://...")
    keys = os.environ.get("STS_ACCESS_KEY"), os.environ.get("STS_SECRET_KEY")
    client = Client(url, os.environ.get("STS_REGION") or "us-east-1", keys if all(keys) else None)
    sys.exit(bool(run(client)))


if __name__ == "__main__":
    main()
