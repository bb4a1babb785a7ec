"""The service under test, and what every client's tests know of it."""

import os
import subprocess

import boto3
from botocore.config import Config
from stack import ROOT

# Set by run.py before any test runs.
URL = None
TLS_URL = None
STATE = None

USER = "foobar"
SECRET = "foo12345"
ROLE = "arn:aws:iam::123456789012:role/demo"
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow",'
    '"Action":"s3:*","Resource":"arn:aws:s3:::*"}]}'
)


def sts(access_key=USER, secret=SECRET, token=None, region="us-east-1"):
    """boto3's client, which retries nothing."""
    return boto3.client(
        "sts",
        endpoint_url=URL,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )


def session(**options):
    """boto3's client with the credentials of a new session."""
    reply = sts(**options).assume_role(RoleArn=ROLE, RoleSessionName="anything")
    new = reply["Credentials"]
    keys = (new["AccessKeyId"], new["SecretAccessKey"], new["SessionToken"])
    return sts(*keys, **options)


def admin(*arguments, text=None):
    """Runs sts-admin on the stack's table."""
    lines = (STATE / "env").read_text().splitlines()
    settings = (line.split("=", 1) for line in lines if "=" in line)
    env = {**os.environ, **{name: value.strip("'") for name, value in settings}}
    command = [str(ROOT / "target" / "debug" / "sts-admin"), *arguments]
    return subprocess.run(command, env=env, input=text, capture_output=True, text=True, check=True).stdout


def apply(configuration):
    """Applies YAML to the stack's table."""
    return admin("apply", "-f", "-", text=configuration)
