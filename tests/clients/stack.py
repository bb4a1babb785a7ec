"""`make run`, as a person would start and stop it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = Path(__file__).with_name("stack.yaml")
STOP_SECONDS = 10


class Stack:
    """A running stack on ports of its own, with its state in `state`, perhaps with S3 and TLS."""

    def __init__(self, state, config=CONFIG, s3=False, tls=False):
        self.state = Path(state)
        self.config = config
        self.port, self.engine_port, self.s3_port, self.tls_port = free_ports(4)
        self.s3 = s3
        self.tls = tls
        self.url = f"http://localhost:{self.port}"
        self.s3_url = f"http://localhost:{self.s3_port}"
        self.tls_url = f"https://localhost:{self.tls_port}"
        self.process = None
        self.output = []

    def start(self):
        """Returns the seconds until the stack said that it was ready."""
        variables = {
            "PORT": self.port,
            "ENGINE_PORT": self.engine_port,
            "CONFIG": self.config,
            "STATE": self.state,
            "S3": "1" if self.s3 else "",
            "S3_PORT": self.s3_port,
            "TLS": "1" if self.tls else "",
            "TLS_PORT": self.tls_port,
        }
        begun = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "run", *(f"{name}={value}" for name, value in variables.items())],
            cwd=ROOT,
            env=without_make(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith("== Ready"):
                return time.monotonic() - begun
        raise RuntimeError("make run ended:\n" + "".join(self.output))

    def welcome(self):
        """What the stack with S3 prints once it is ready: commands to paste."""
        lines = (ROOT / "local" / "welcome-s3.txt").read_text().count("\n")
        return "".join(self.process.stdout.readline() for _ in range(lines))

    def stop(self):
        """Ctrl-C: SIGINT to the whole group. Returns the exit status of make."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        return self.process.returncode

    def leftovers(self):
        """What does not go away: ports that answer, processes that know the stack."""
        deadline = time.monotonic() + STOP_SECONDS
        while left := self.remains():
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        return left

    def remains(self):
        known = (self.port, self.engine_port, self.s3_port, self.tls_port)
        return [port for port in known if listening(port)] + processes_with(str(self.state))


def without_make(env):
    """The test may itself run under make, whose variables are not meant for another make."""
    return {name: value for name, value in env.items() if not name.startswith(("MAKE", "MFLAGS"))}


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_with(text):
    """Processes with `text` in their command line or environment, where /proc tells."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        try:
            known = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in known:
            found.append(f"process {entry.name}: {known.split(bytes(1))[0].decode()}")
    return found
