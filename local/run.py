"""Runs the whole service on this machine until Ctrl-C; `make run` calls it.

Every service is a child process in its own process group, tied to this one by a pipe: when the
pipe closes because this script was killed, the group is terminated.
"""

import argparse
import contextlib
import errno
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("STATE") or ROOT / ".local").resolve()
LOGS = STATE / "log"
KEY_FILE = STATE / "master.key"
DEMO_CONFIG = ROOT / "local" / "demo.yaml"
BIN = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug"

# The demo configuration names these two addresses.
PLUGIN_PORT = 8081
PROVIDER_PORT = 8082

# What the S3 gateway starts with.
DEMO_BUCKETS = ("demo", "private")

# What runs from the start.
BINARIES = ("sts", "sts-local", "sts-admin")

START_SECONDS = 10
FIRST_ANSWER_SECONDS = 60
STOP_SECONDS = 5

# Terminates its process group, "$@" included, when standard input closes.
TIED_TO_STDIN = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -TERM 0) & exec 3<&-; exec "$@"'


class Failure(Exception):
    """What the user has to know, in one line."""


class Service:
    """A running child process."""

    def __init__(self, name, command, env):
        self.name = name
        self.log = LOGS / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", TIED_TO_STDIN, "sh", *map(str, command)],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_SECONDS
        while not listening(port):
            self.check()
            if time.monotonic() > deadline:
                raise self.failure(f"does not listen on port {port}")
            time.sleep(0.02)

    def check(self):
        status = self.process.poll()
        if status is not None:
            raise self.failure(f"stopped with status {status}")

    def failure(self, what):
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        tail = "".join(f"\n  {line}" for line in lines)
        return Failure(f"{self.name} {what}; the end of {os.path.relpath(self.log)}:{tail}")

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Stack:
    """The services that run, in the order of their start."""

    def __init__(self, env):
        self.env = env
        self.services = []

    def start(self, name, *command, port):
        service = Service(name, command, self.env)
        self.services.append(service)
        service.wait_for_port(port)
        return service

    def wait(self):
        """Returns when whoever started this script is gone; a service that stops is a failure."""
        parent = os.getppid()
        while os.getppid() == parent:
            for service in self.services:
                service.check()
            time.sleep(0.2)

    def stop(self):
        for service in reversed(self.services):
            service.stop()


def main():
    on_signal(lambda *_: sys.exit(0))
    try:
        run(parse_options())
    except Failure as failure:
        print(f"run: {failure}", file=sys.stderr)
        sys.exit(1)


def run(options):
    config = options.config.resolve()
    demo = config == DEMO_CONFIG
    if not config.is_file():
        raise Failure(f"there is no configuration {options.config}")
    check_ports(options, demo)
    build(options.s3_port)
    env = prepare(options)

    stack = Stack(env)
    try:
        local = BIN / "sts-local"
        engine = ["engine", "--file", STATE / "dynamodb.sqlite", "--port", options.engine_port]
        stack.start("engine", local, *engine, port=options.engine_port)
        if demo:
            start_demo(stack, local)
        say(f"Applying {options.config}")
        admin(env, "init")
        print(admin(env, "apply", "-f", config), end="")
        say("Starting the functions")
        start_functions(stack, options)
        if options.s3_port:
            start_s3(stack, local, options.s3_port)
        if options.tls_port:
            start_tls(stack, local, options)
        welcome(options, demo)
        stack.wait()
    finally:
        on_signal(signal.SIG_IGN)
        stack.stop()


def on_signal(handler):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.error = fail
    parser.add_argument("--port", type=port, default=9000)
    parser.add_argument("--engine-port", type=port, default=9321)
    parser.add_argument("--s3-port", type=port, help="also run the S3 gateway")
    parser.add_argument("--tls-port", type=port, help="also serve HTTPS")
    parser.add_argument("--config", type=Path, default=DEMO_CONFIG)
    return parser.parse_args()


def port(text):
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number


def fail(message):
    raise Failure(message)


def check_ports(options, demo):
    """Before minutes of building, and because `watch` says nothing about a taken port."""
    fixed = [PLUGIN_PORT, PROVIDER_PORT] if demo else []
    chosen = {"PORT": options.port, "ENGINE_PORT": options.engine_port}
    if options.s3_port:
        chosen["S3_PORT"] = options.s3_port
    if options.tls_port:
        chosen["TLS_PORT"] = options.tls_port
    if len({*chosen.values(), *fixed}) < len(chosen) + len(fixed):
        raise Failure(f"{', '.join(chosen)} and the demo's ports 8081 and 8082 must differ")
    for variable, number in chosen.items():
        require_free(number, variable)


def require_free(port, variable):
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Failure(
                f"port {port} is already in use; choose another with {variable}="
            ) from None
        raise Failure(f"port {port} cannot be used: {error.strerror}") from None


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def build(with_s3):
    """Builds what runs from the start; a function with a path of its own is built when called."""
    say("Building (minutes at the first time)")
    command = ["cargo", "build", *features(with_s3)]
    command += [word for name in BINARIES for word in ("--bin", name)]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise Failure("the build failed")


def features(with_s3):
    """What cargo is told whenever it builds: the same each time, or it would build again."""
    return ["--no-default-features", *(["--features", "local/s3"] if with_s3 else [])]


def prepare(options):
    """Creates what has to survive a restart; returns the environment of all services."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    if not KEY_FILE.exists():
        write_private(KEY_FILE, secrets.token_hex(32) + "\n")
    settings = {
        "STS_TABLE": "sts",
        "STS_KEY_FILE": str(KEY_FILE),
        # An empty value counts as not set.
        "STS_KMS_KEY": "",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{options.engine_port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    write_private(STATE / "env", "".join(f"{k}='{v}'\n" for k, v in settings.items()))
    # Nothing of the user's own AWS account may leak in.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return inherited | settings


def write_private(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)


def start_demo(stack, local):
    for name, port in (("plugin", PLUGIN_PORT), ("provider", PROVIDER_PORT)):
        if listening(port):
            say(f"Port {port} is in use: the demo {name} is not started")
            continue
        state = ["--keys", STATE / "provider.keys"] if name == "provider" else []
        stack.start(name, local, name, "--port", port, *state, port=port)


def start_s3(stack, local, port):
    root = STATE / "s3"
    for bucket in DEMO_BUCKETS:
        (root / bucket).mkdir(parents=True, exist_ok=True)
    stack.start("s3", local, "s3-gateway", "--port", port, "--root", root, port=port)


def start_tls(stack, local, options):
    front = ["tls-front", "--port", options.tls_port, "--upstream-port", options.port]
    stack.start("tls", local, *front, "--authority", STATE / "tls", port=options.tls_port)


def admin(env, *arguments):
    """Runs sts-admin; returns what it printed."""
    command = [BIN / "sts-admin", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failure(result.stderr.strip() or f"sts-admin {arguments[0]} failed")
    return result.stdout


def start_functions(stack, options):
    """Serves the functions; returns when the first one has answered."""
    port = options.port
    command = [ROOT / ".venv/bin/cargo-lambda", "lambda", "watch", "--ignore-changes"]
    command += features(options.s3_port)
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", port, "--concurrency", 4]
    service = stack.start("functions", *command, port=port)
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while not answers(port):
        service.check()
        # `watch` keeps requests waiting for a function that cannot start.
        if b"command exited" in service.log.read_bytes():
            raise service.failure("cannot start")
        if time.monotonic() > deadline:
            raise service.failure("does not answer")


def answers(port):
    """Whether the service, and not `watch` on its behalf, answers an empty request in XML."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("POST", "/")
        return "xml" in connection.getresponse().headers.get_content_type()
    except OSError:
        return False
    finally:
        connection.close()


def welcome(options, demo):
    say(f"Ready on http://localhost:{options.port}, logs in {os.path.relpath(LOGS)}, Ctrl-C stops it.")
    texts = {"welcome.txt": demo, "welcome-s3.txt": options.s3_port, "welcome-tls.txt": options.tls_port}
    places = {
        "localhost:9000": f"localhost:{options.port}",
        "localhost:9100": f"localhost:{options.s3_port}",
        "localhost:9443": f"localhost:{options.tls_port}",
        "CA.PEM": str(STATE / "tls" / "ca.pem"),
    }
    for name in (name for name, wanted in texts.items() if wanted):
        text = (ROOT / "local" / name).read_text()
        for default, actual in places.items():
            text = text.replace(default, actual)
        print(text, end="")
    sys.stdout.flush()


def say(line):
    print(f"== {line}", flush=True)


if __name__ == "__main__":
    main()
