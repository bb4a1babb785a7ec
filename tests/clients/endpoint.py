"""The service under test, and what every client's tests know of it."""

import boto3
from botocore.config import Config

# Set by run.py before any test runs.
URL = None

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
