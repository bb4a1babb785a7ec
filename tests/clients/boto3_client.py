"""boto3."""

import datetime
import unittest

from botocore.exceptions import ClientError

import endpoint


class Boto3(unittest.TestCase):
    def test_every_parameter_is_understood(self):
        reply = endpoint.sts().assume_role(
            RoleArn=endpoint.ROLE,
            RoleSessionName="name",
            Policy=endpoint.POLICY,
            PolicyArns=[
                {"arn": "arn:aws:iam::aws:policy/readonly"},
                {"arn": "arn:minio:iam:::policy/writeonly"},
            ],
            DurationSeconds=900,
            Tags=[{"Key": "Project", "Value": "Auto mation"}, {"Key": "k2", "Value": ""}],
            TransitiveTagKeys=["Project"],
            ExternalId="ext:1",
            SourceIdentity="DevUser",
        )
        arn = "arn:aws:sts::000000000000:assumed-role/foobar/name"
        self.assertEqual(
            reply["AssumedRoleUser"], {"Arn": arn, "AssumedRoleId": "foobar:name"}
        )
        self.assertEqual(reply["SourceIdentity"], "DevUser")
        self.assertGreater(reply["PackedPolicySize"], 0)
        self.assertTrue(reply["ResponseMetadata"]["RequestId"])
        credentials = reply["Credentials"]
        life = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(life.total_seconds() - 900), 60)

    def test_the_credentials_are_known(self):
        for region in ["us-east-1", "eu-west-1"]:
            session = endpoint.session(region=region)
            arn = session.get_caller_identity()["Arn"]
            self.assertEqual(arn, "arn:aws:sts::000000000000:assumed-role/foobar/anything")
            self.refused("AccessDenied", session)

    def test_errors_are_named(self):
        self.refused("SignatureDoesNotMatch", endpoint.sts(secret="another-secret"))
        self.refused("InvalidClientTokenId", endpoint.sts(access_key="nobody"))
        disabled = endpoint.sts("disabled", "disabled-secret")
        self.refused("AccessDenied", disabled)
        self.refused("MalformedPolicyDocument", endpoint.sts(), Policy="{}")
        self.refused("ValidationError", endpoint.sts(), DurationSeconds=43201)
        mfa = {"SerialNumber": "arn:aws:iam::1:mfa/x", "TokenCode": "123456"}
        self.refused("InvalidParameterValue", endpoint.sts(), **mfa)
        with self.assertRaises(ClientError) as raised:
            endpoint.sts().get_session_token()
        self.assertEqual(raised.exception.response["Error"]["Code"], "InvalidAction")

    def refused(self, code, client, **parameters):
        with self.assertRaises(ClientError) as raised:
            client.assume_role(RoleArn=endpoint.ROLE, RoleSessionName="name", **parameters)
        error = raised.exception.response
        self.assertEqual(error["Error"]["Code"], code)
        self.assertTrue(error["ResponseMetadata"]["RequestId"])
