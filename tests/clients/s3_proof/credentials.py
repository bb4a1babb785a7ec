"""Temporary credentials by every action there is.

Each action knows the same people: `writer` may read and write, `reader` may read, `ending` is
another writer whose sessions are revoked, and `leaving` one who is disabled.
"""

import base64
import hashlib
import json
import subprocess
import time
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from minio.credentials import ClientGrantsProvider
from stack import free_ports

from . import service

ROLE = "arn:aws:iam::123456789012:role/demo"
POLICIES = {"writer": "readwrite", "reader": "readonly", "leaving": "readwrite"}


class Issuer:
    """An OpenID provider without a network: its key is written down."""

    def __init__(self):
        self.key = ECC.generate(curve="P-256")

    def entries(self, prefix):
        """A provider with a role for each kind of people."""
        for kind, policy in POLICIES.items():
            yield {
                "name": prefix + kind,
                "issuer": f"https://{prefix}{kind}.example.com",
                "client_ids": [prefix + kind],
                "role_policies": [policy],
                "jwks": {"keys": [self.jwk()]},
            }

    def jwk(self):
        point = self.key.public_key().pointQ
        x, y = (encode(int(part).to_bytes(32, "big")) for part in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "kid": "1", "x": x, "y": y}

    def token(self, name, subject):
        """A token of provider `name` about `subject`."""
        now = int(time.time())
        claims = {"iss": f"https://{name}.example.com", "aud": name, "sub": subject}
        claims |= {"iat": now, "exp": now + 3600}
        parts = ({"alg": "ES256", "typ": "JWT", "kid": "1"}, claims)
        signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
        signature = DSS.new(self.key, "fips-186-3").sign(SHA256.new(signed.encode()))
        return f"{signed}.{encode(signature)}"


ISSUER = Issuer()


class AssumeRole:
    """By users with long-term keys; boto3."""

    users = {"writer": ("foobar", "foo12345")}
    disabling = ("user", "disable", "leaving")

    def issue(self, who="writer", TokenRevokeType=None, **parameters):
        user = self.users.get(who, (who, f"{who}-secret"))
        parameters |= {"RoleArn": ROLE, "RoleSessionName": "proof"}
        if TokenRevokeType:  # boto3 does not know it.
            return signed("AssumeRole", user, TokenRevokeType=TokenRevokeType, **parameters)
        sts = service.client("sts", user, service.STS_URL)
        return keys_of(sts.assume_role(**parameters))


class CustomToken:
    """By tokens of the demo plugin; no SDK knows the action."""

    disabling = ("plugin", "disable", "leaving")

    def issue(self, who="writer", **parameters):
        role = who if who in POLICIES else "writer"
        token = "bbb" if who == "ending" else "aaa"
        arn = f"arn:minio:iam:::role/idmp-{role}"
        return exchange("AssumeRoleWithCustomToken", Token=token, RoleArn=arn, **parameters)


class ClientGrants:
    """By tokens of an OpenID provider; minio-py."""

    disabling = ("provider", "disable", "grants-leaving")

    def issue(self, who="writer", TokenRevokeType=None, Policy=None):
        kind = who if who in POLICIES else "writer"
        token = ISSUER.token(f"grants-{kind}", who)
        if TokenRevokeType:  # minio-py does not know it.
            label = {"TokenRevokeType": TokenRevokeType}
            return exchange("AssumeRoleWithClientGrants", Token=token, **label)
        provider = ClientGrantsProvider(
            jwt_provider_func=lambda: {"access_token": token, "expires_in": 3600},
            sts_endpoint=service.STS_URL,
            policy=Policy,
        )
        new = provider.retrieve()
        return (new.access_key, new.secret_key, new.session_token)


class WebIdentity:
    """By tokens of an OpenID provider; boto3."""

    disabling = ("provider", "disable", "identity-leaving")

    def issue(self, who="writer", TokenRevokeType=None, **parameters):
        kind = who if who in POLICIES else "writer"
        name = f"identity-{kind}"
        digest = hashlib.sha1(name.encode()).digest()
        parameters |= {
            "RoleArn": f"arn:minio:iam:::role/{encode(digest)}",
            "RoleSessionName": "proof",
            "WebIdentityToken": ISSUER.token(name, who),
        }
        if TokenRevokeType:  # boto3 does not know it.
            parameters["TokenRevokeType"] = TokenRevokeType
            return exchange("AssumeRoleWithWebIdentity", **parameters)
        sts = service.client("sts", ("unused", "unused"), service.STS_URL)
        return keys_of(sts.assume_role_with_web_identity(**parameters))


ACTIONS = (AssumeRole(), CustomToken(), ClientGrants(), WebIdentity())


def prepare(started):
    """Declares who vouches for whom; `started` is called at the end for what was started."""
    (port,) = free_ports(1)
    plugin = start("plugin", "--port", port)
    started.callback(plugin.communicate)
    started.callback(plugin.terminate)
    plugins = [
        {"name": kind, "url": f"http://localhost:{port}", "role_id": kind, "role_policies": [policy]}
        for kind, policy in POLICIES.items()
    ]
    providers = [*ISSUER.entries("grants-"), *ISSUER.entries("identity-")]
    configuration = {"identity_plugins": plugins, "openid_providers": providers}
    service.admin("apply", "-f", "-", text=json.dumps(configuration))


def start(*arguments):
    """Starts a demo service, and waits until it listens."""
    command = [service.BIN / "sts-local", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    return process


def keys_of(reply):
    new = reply["Credentials"]
    return (new["AccessKeyId"], new["SecretAccessKey"], new["SessionToken"])


def exchange(action, **parameters):
    """The keys of a session by an unsigned action."""
    return new_keys(AWSRequest("POST", service.STS_URL, data=form(action, parameters)))


def signed(action, keys, **parameters):
    """The keys of a session by a signed action."""
    request = AWSRequest("POST", service.STS_URL + "/", data=form(action, parameters))
    SigV4Auth(Keys(*keys), "sts", service.REGION).add_auth(request)
    return new_keys(request)


def form(action, parameters):
    values = {"Action": action, "Version": "2011-06-15", **parameters}
    return urllib.parse.urlencode(values).encode()


def new_keys(request):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **dict(request.headers)}
    status, body = service.fetch(request.url, "POST", request.data, headers)
    text = body.decode()
    if status != 200:
        raise RuntimeError(f"the service answered {status}: {text}")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return tuple(text.split(f"<{name}>")[1].split("<")[0] for name in names)


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
