"""Deploys template.yaml with `sam` to ministack, an emulator of AWS, and lets sts-admin find it.

`make test` calls it. The emulator's HTTP API and functions do not run; what shows is that SAM
takes the template and the built functions, and that the stack's outputs lead to its table.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from second_engine import ROOT, ministack

BIN = ROOT / ".venv" / "bin"
ADMIN = ROOT / "target" / "debug" / "sts-admin"
STACK = "sts-test"
DOMAIN = {
    "DomainName": "sts.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/test",
    "StsConcurrency": "5",
}


def main():
    with tempfile.TemporaryDirectory(prefix="lambda-sts-") as folder, ministack() as url:
        project(Path(folder))
        env = environment(url, folder)
        print(f"== template.yaml on ministack at {url}", flush=True)
        deploy(folder, env)
        first = run([ADMIN, "--stack", STACK, "init"], env)
        require("+ policy readwrite" in first, first)
        second = run([ADMIN, "--stack", STACK, "init"], env)
        require(f"= table {STACK}-" in second and "+" not in second, second)
        deploy(folder, env, *(f"{name}={value}" for name, value in DOMAIN.items()))
    print("3 passed, 0 failed")


def project(folder):
    """The template, with a stand-in for every built function."""
    shutil.copy(ROOT / "template.yaml", folder)
    for function in (ROOT / "functions").iterdir():
        bootstrap = folder / "target" / "lambda" / function.name / "bootstrap"
        bootstrap.parent.mkdir(parents=True)
        bootstrap.write_text("#!/bin/sh\n")
        bootstrap.chmod(0o755)


def environment(url, home):
    """Nothing of the caller's, least of all an account."""
    services = ("CLOUDFORMATION", "DYNAMODB", "KMS")
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        **{f"AWS_ENDPOINT_URL_{service}": url for service in services},
        "HOME": home,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS": "1",
        "SAM_CLI_TELEMETRY": "0",
    }


def deploy(folder, env, *parameters):
    options = ["--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-progressbar"]
    overrides = ["--parameter-overrides", *parameters] if parameters else []
    command = [BIN / "sam", "deploy", "--template-file", "template.yaml", *options, *overrides]
    output = run(command, env, cwd=folder)
    require("Successfully created/updated stack" in output, output)


def run(command, env, cwd=None):
    """What a command printed, if it worked."""
    done = subprocess.run(
        command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    require(done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def require(condition, output):
    if not condition:
        sys.exit(f"deployment: {output}")


if __name__ == "__main__":
    main()
