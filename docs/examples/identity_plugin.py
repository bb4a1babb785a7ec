import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

USERS = {"aaa": {"user": "Alice", "maxValiditySeconds": 3600, "claims": {"groups": ["data-science"]}}}


class Plugin(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        user = USERS.get(form.get("token", [""])[0])
        body = json.dumps(user or {"reason": "the token is not known"}).encode()
        self.send_response(200 if user else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", 8083), Plugin).serve_forever()
