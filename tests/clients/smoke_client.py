"""`make smoke`: it finds nothing wrong with the stack, and finds what a gateway would break."""

import http.client
import http.server
import os
import subprocess
import sys
import threading
import unittest
from urllib.parse import urlsplit

import endpoint
from stack import ROOT


def smoke(url, keys=True):
    """Exit status, and result and finding by check."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("STS_")}
    if keys:
        env |= {"STS_ACCESS_KEY": endpoint.USER, "STS_SECRET_KEY": endpoint.SECRET}
    command = [sys.executable, ROOT / "tests" / "smoke.py", url]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True)
    *lines, total = done.stdout.splitlines()
    results = {}
    for line in lines:
        result, text = line.split(maxsplit=1)
        name, found = text.split(": ", 1)
        results[name] = (result, found)
    return done.returncode, results, total


def failed(results):
    return {name for name, (result, _) in results.items() if result == "FAIL"}


class Gateway(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the stack, but for what its kind breaks."""

    def forward(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        upstream = http.client.HTTPConnection(urlsplit(endpoint.URL).netloc)
        upstream.putrequest(self.command, self.target(), skip_host=True, skip_accept_encoding=True)
        for name, value in self.request_headers():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        reply = upstream.getresponse()
        text = reply.read()
        upstream.close()
        self.send_response_only(reply.status)
        for name, value in self.reply_headers(reply.getheaders()):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = forward

    def target(self):
        return self.path

    def request_headers(self):
        return self.headers.items()

    def reply_headers(self, headers):
        return headers

    def log_message(self, *_):
        pass


class DropsAuthorization(Gateway):
    def request_headers(self):
        return [(name, value) for name, value in self.headers.items() if name.lower() != "authorization"]


class WritesSpacesAsPlus(Gateway):
    def target(self):
        return self.path.replace("%20", "+")


class DecodesTwice(Gateway):
    def target(self):
        return self.path.replace("%25", "%")


class ReplacesTheRequestId(Gateway):
    def reply_headers(self, headers):
        return [(name, "mine" if name.lower() == "x-amzn-requestid" else value) for name, value in headers]


class Smoke(unittest.TestCase):
    def test_nothing_is_wrong_with_the_stack(self):
        status, results, total = smoke(endpoint.URL)
        self.assertEqual({result for result, _ in results.values()}, {"ok"}, results)
        self.assertEqual((status, total), (0, f"{len(results)} passed, 0 failed, 0 skipped"))
        self.assertIn("user/foobar", results["the Authorization header verifies"][1])

    def test_without_keys_it_checks_what_it_can(self):
        status, results, _ = smoke(endpoint.URL, keys=False)
        self.assertEqual({result for result, _ in results.values()}, {"ok", "skip"}, results)
        self.assertEqual(status, 0)

    def test_nobody_answers(self):
        status, results, _ = smoke("http://127.0.0.1:1", keys=False)
        self.assertEqual((status, results["reachable"][0]), (1, "FAIL"))

    def test_a_gateway_that_breaks_something_is_found_out(self):
        spelling = "a signed query verifies in every spelling"
        for gateway, expected in [
            (Gateway, set()),
            (ReplacesTheRequestId, {"the request id survives"}),
            (WritesSpacesAsPlus, {spelling}),
            (DecodesTwice, {spelling, "the query arrives as sent"}),
            (
                DropsAuthorization,
                {
                    spelling,
                    "a literal + in a signed query stays one",
                    "a session works until it is revoked",
                    "signed headers and bodies arrive as sent",
                    "the Authorization header arrives",
                    "the Authorization header verifies",
                },
            ),
        ]:
            with self.subTest(gateway.__name__):
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), gateway)
                threading.Thread(target=server.serve_forever, daemon=True).start()
                status, results, _ = smoke(f"http://127.0.0.1:{server.server_port}")
                server.shutdown()
                server.server_close()
                self.assertEqual(failed(results), expected, results)
                self.assertEqual(status, bool(expected))
