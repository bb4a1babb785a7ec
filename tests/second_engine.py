"""Runs the store's tests against ministack, an engine that shares no code with the embedded one.

`make test` calls it. The test binary is the one that `cargo test --workspace` has built.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINISTACK = ROOT / ".venv" / "bin" / "ministack"
START_SECONDS = 60
STOP_SECONDS = 10


def main():
    binary = store_tests()
    with ministack() as url:
        print(f"== the store's tests on ministack at {url}", flush=True)
        env = os.environ | {"STS_TEST_DYNAMODB": url}
        result = subprocess.run([binary, "store::"], cwd=ROOT / "tests", env=env)
    sys.exit(result.returncode)


def store_tests():
    """The integration test binary of the package `tests`."""
    build = ["cargo", "test", "--workspace", "--test", "it", "--no-run", "--message-format=json"]
    output = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    manifest = str(ROOT / "tests" / "Cargo.toml")
    for message in map(json.loads, output.splitlines()):
        is_it = message.get("manifest_path") == manifest and message["target"]["name"] == "it"
        if is_it and message.get("executable"):
            return message["executable"]
    sys.exit("second_engine: cargo has built no test binary `it`")


@contextlib.contextmanager
def ministack():
    """The URL of a ministack that runs for as long as the context."""
    port = free_port()
    env = os.environ | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    process = subprocess.Popen(
        [MINISTACK],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(process, port):
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        if process.poll() is not None:
            sys.exit(f"second_engine: ministack stopped with status {process.returncode}")
        if time.monotonic() > deadline:
            sys.exit(f"second_engine: ministack does not answer on port {port}")
        time.sleep(0.1)


def answers(port):
    """Whether DynamoDB's ListTables is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.ListTables",
        "authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request",
    }
    try:
        connection.request("POST", "/", "{}", headers)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
