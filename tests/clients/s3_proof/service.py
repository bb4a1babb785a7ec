"""The stack of `make run S3=1` under test: where it is, and how it is operated."""

import contextlib
import http.client
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import boto3
import minio
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from stack import ROOT

BIN = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug"
REGION = "us-east-1"

# Set before any test runs; see __main__.py.
STS_URL = None
S3_URL = None
STATE = None
WELCOME = None


def client(service, keys, url, **config):
    """boto3's client, which retries nothing."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=keys[2] if len(keys) > 2 else None,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
    )


def s3(keys, **config):
    return client("s3", keys, S3_URL, **config)


def minio_py(provider):
    endpoint = urllib.parse.urlsplit(S3_URL).netloc
    return minio.Minio(endpoint, credentials=provider, secure=False, region=REGION)


def aws_cli(keys, url, *arguments):
    """The aws cli with nothing of the user's own settings."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    env = {"PATH": os.environ["PATH"], "HOME": str(STATE), "AWS_DEFAULT_REGION": REGION}
    command = [Path(sys.executable).parent / "aws", "--endpoint-url", url, *arguments]
    env |= dict(zip(names, keys))
    return subprocess.run(command, env=env, capture_output=True, text=True)


def fetch(url, method="GET", data=None, headers=None):
    """Status and body of a plain HTTP request."""
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def signed_fetch(target, method="GET", data=None, keys=("foobar", "foo12345"), **headers):
    """Status, headers and body of a request that is sent as it stands, and signed."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest(method, S3_URL + target, headers, data)
    S3SigV4Auth(Credentials(*keys), "s3", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(S3_URL).netloc, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, target, data, dict(request.headers))
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()


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


def table():
    """The stack's table, past the service."""
    known = settings()
    dynamodb = client("dynamodb", ("local", "local"), known["AWS_ENDPOINT_URL_DYNAMODB"])
    return dynamodb, known["STS_TABLE"]
