"""Exchanges a token of the client credentials grant for temporary credentials.

    python3 client_grants.py -cid demo-app -csec demo-secret

The application proves itself at its identity provider (RFC 6749 section 4.4) and hands the JWT
access token to AssumeRoleWithClientGrants. Nothing outside Python's standard library is needed.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from base64 import b64encode

TIMEOUT_SECONDS = 10


def main():
    options = parse_options()
    try:
        token = access_token(options.token_url, options.cid, options.csec)
        print(json.dumps(exchange(options.sts_url, token), indent=2))
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.url} answered {error.code}: {explanation(error)}")
    except urllib.error.URLError as error:
        sys.exit(f"cannot connect: {error.reason}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-cid", required=True, help="client id")
    parser.add_argument("-csec", required=True, help="client secret")
    parser.add_argument("-token-url", default="http://localhost:8082/token")
    parser.add_argument("-sts-url", default="http://localhost:9000/")
    return parser.parse_args()


def access_token(url, client_id, client_secret):
    """The client credentials grant; id and secret are form-encoded within Basic."""
    pair = ":".join(urllib.parse.quote_plus(part) for part in (client_id, client_secret))
    headers = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
    return json.loads(post(url, {"grant_type": "client_credentials"}, headers))["access_token"]


def exchange(url, token):
    parameters = {
        "Action": "AssumeRoleWithClientGrants",
        "Version": "2011-06-15",
        "DurationSeconds": "3600",
        "Token": token,
    }
    credentials = ElementTree.fromstring(post(url, parameters)).find(".//{*}Credentials")
    return {
        "accessKey": credentials.findtext("{*}AccessKeyId"),
        "secretKey": credentials.findtext("{*}SecretAccessKey"),
        "expiration": credentials.findtext("{*}Expiration"),
        "sessionToken": credentials.findtext("{*}SessionToken"),
    }


def post(url, form, headers=None):
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, body, headers or {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
        return reply.read()


def explanation(error):
    """The message of an error in XML, or the body as it is."""
    body = error.read().decode(errors="replace")
    try:
        return ElementTree.fromstring(body).findtext(".//{*}Message") or body
    except ElementTree.ParseError:
        return body


if __name__ == "__main__":
    main()
