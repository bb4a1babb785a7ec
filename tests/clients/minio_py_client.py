"""minio-py, which signs with an empty region unless it is told one."""

import unittest

import endpoint
from minio.credentials import AssumeRoleProvider


class MinioPy(unittest.TestCase):
    def provider(self, secret=endpoint.SECRET, **options):
        return AssumeRoleProvider(
            sts_endpoint=endpoint.URL, access_key=endpoint.USER, secret_key=secret, **options
        )

    def test_the_defaults_are_enough(self):
        credentials = self.provider().retrieve()
        self.assertEqual(len(credentials.access_key), 20)
        self.assertEqual(len(credentials.secret_key), 40)
        self.assertFalse(credentials.is_expired())

    def test_options_are_understood(self):
        for options in [
            {"region": "us-east-1"},
            {"duration_seconds": 900, "policy": endpoint.POLICY},
            {"role_arn": endpoint.ROLE, "role_session_name": "name", "external_id": "ext"},
        ]:
            with self.subTest(options):
                credentials = self.provider(**options).retrieve()
                who = endpoint.sts(
                    credentials.access_key, credentials.secret_key, credentials.session_token
                )
                self.assertIn("assumed-role", who.get_caller_identity()["Arn"])

    def test_a_wrong_secret_is_refused(self):
        with self.assertRaisesRegex(ValueError, "403"):
            self.provider(secret="another-secret").retrieve()
