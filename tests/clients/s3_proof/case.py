"""What all cases share."""

import json
import sys
import unittest

from botocore.exceptions import ClientError

from . import service
from .credentials import ACTIONS


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": arns(resources)}


def deny(actions, *resources):
    return {"Effect": "Deny", "Action": actions, "Resource": arns(resources)}


def arns(resources):
    return [f"arn:aws:s3:::{resource}" for resource in resources]


def by_every_action(case):
    """Makes a test case of a class for each action, beside the class."""
    for action in ACTIONS:
        name = f"{case.__name__}By{type(action).__name__}"
        members = {"action": action, "__module__": case.__module__}
        setattr(sys.modules[case.__module__], name, type(name, (case, Proof), members))
    return case


class Proof(unittest.TestCase):
    """`foobar` may do everything; the bucket demo has one object, and so has private."""

    action = None

    @classmethod
    def setUpClass(cls):
        cls.owner = service.s3(("foobar", "foo12345"))
        cls.owner.put_object(Bucket="demo", Key="public/a.txt", Body=b"a")
        cls.owner.put_object(Bucket="private", Key="secret.txt", Body=b"secret")

    @classmethod
    def store(cls, *who, **parameters):
        """boto3 with the credentials of a new session."""
        return service.s3(cls.action.issue(*who, **parameters))

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
