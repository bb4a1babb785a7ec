"""Plain HTTP: what no SDK sends."""

import re
import unittest
import urllib.error
import urllib.request

import endpoint


def send(target, data=None, method="POST"):
    """Status, media type and body of a reply."""
    request = urllib.request.Request(endpoint.URL + target, data=data, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.headers.get_content_type(), reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read().decode()


class Http(unittest.TestCase):
    def test_a_presigned_request_needs_no_client(self):
        url = endpoint.sts().generate_presigned_url(
            "assume_role", Params={"RoleArn": endpoint.ROLE, "RoleSessionName": "name"}
        )
        status, media_type, body = send(url.removeprefix(endpoint.URL))
        self.assertEqual((status, media_type), (200, "application/xml"), body)
        self.assertIn("<SessionToken>", body)
        forged = url.replace("RoleSessionName=name", "RoleSessionName=other")
        status, _, body = send(forged.removeprefix(endpoint.URL))
        self.assertEqual((status, code(body)), (403, "SignatureDoesNotMatch"))

    def test_errors_are_xml_on_every_path_of_the_service(self):
        version = "Version=2011-06-15"
        for target, method, status, expected in [
            ("/", "POST", 400, "MissingAction"),
            ("/", "GET", 400, "MissingAction"),
            (f"/?Action=AssumeRole&{version}", "POST", 403, "MissingAuthenticationToken"),
            (f"/AssumeRole?Action=AssumeRole&{version}", "POST", 403, "MissingAuthenticationToken"),
            (f"/AssumeRole?Action=AssumeRole&{version}", "GET", 400, "InvalidAction"),
            (f"/?Action=Nothing&{version}", "POST", 400, "InvalidAction"),
            (f"/?Action=AssumeRoleWithCustomToken&{version}", "POST", 400, "ValidationError"),
        ]:
            with self.subTest(target):
                got, media_type, body = send(target, method=method)
                self.assertEqual((got, media_type), (status, "application/xml"), body)
                self.assertEqual(code(body), expected)


def code(body):
    return re.search("<Code>(.*)</Code>", body).group(1)
