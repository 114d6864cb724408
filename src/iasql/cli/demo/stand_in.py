"""A stand-in for AWS on this machine: moto's server, in a process that ends with the engine it serves."""

from __future__ import annotations

import functools
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from iasql.cli.detached import PidFile
from iasql.errors import IasqlError

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds
STEP = 0.05
IMAGES = Path(__file__).with_name("amis.json")
"""A machine image of each kind: moto's own thousands, in each of its regions, take most of its time."""
STRICT = {  # without these it takes wrong input, and lacks the policies that AWS manages
    "MOTO_AMIS_PATH": str(IMAGES),
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
}


def credentials(port: int) -> dict[str, str]:
    """The environment in which boto3 finds the stand-in and nothing else: no profile, no file, no instance role."""
    return {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def start(port: int, serves: PidFile, log: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Starts the stand-in; it goes when the process of the pid file does."""
    if find_spec("moto") is None or find_spec("flask") is None:
        raise IasqlError("The demo needs moto, a stand-in for AWS.", hint="pip install 'iasql[demo]'")
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", __name__, str(port), str(serves.path)],
            env={**environ, **STRICT},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def await_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once the stand-in listens."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(STEP)
    raise IasqlError("The stand-in for AWS did not start.", detail=log.read_text(errors="replace")[-500:].strip())


def look_up_once() -> None:
    """Lets moto look up the operations of a service once, and not for each request, which takes half of its time."""
    import moto.core.responses

    responses: Any = moto.core.responses
    found = getattr(responses, "method_names_from_class", None)
    if found is not None and not hasattr(found, "cache_info"):
        responses.method_names_from_class = functools.cache(found)


def main(port: int, serves: PidFile) -> None:
    """Serves until the engine is gone."""
    from moto.server import ThreadedMotoServer

    look_up_once()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    server.start()
    while serves.process() is not None:
        time.sleep(1.0)
    server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), PidFile(path=Path(sys.argv[2])))
