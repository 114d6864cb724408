"""Who takes part: IaSQL, a bare script of boto3, and Terraform. Each carries out the stages of a workload."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import boto3
import psycopg
from botocore.config import Config

from benchmarks.cloud import Cloud
from benchmarks.process import end
from benchmarks.workloads import THREADS, Workload

ONE_REGION = "update aws_regions set is_enabled = false where region <> 'us-east-1'"


class Contender:
    """One of them at work on one workload of one size, in a cloud of its own."""

    name: ClassVar[str]
    children: ClassVar[bool] = True
    """Whether the children of its processes are its own, and not the benchmark's stand-ins."""

    def __init__(self, cloud: Cloud, workload: Workload, n: int) -> None:
        self.cloud, self.workload, self.n = cloud, workload, n
        self.modules = workload.modules
        self.folder = Path(tempfile.mkdtemp(prefix="iasql-bench-"))

    def prepare(self) -> None:
        """What happens once, before anything is measured."""

    def ready(self, stage: str) -> None:
        """What happens before a stage, and is not measured."""

    def run(self, stage: str) -> None:
        """One stage of the workload."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends what was started."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self) -> list[int]:
        """The processes whose cost counts; their children count too."""
        return [os.getpid()]

    @property
    def stages(self) -> Iterable[str]:
        """The stages that this one knows."""
        return ("create", "read all", "nothing to do", "plan one change", "one change", "destroy")


class Iasql(Contender):
    """`iasql up` on a new folder, spoken to by psycopg."""

    name = "IaSQL"

    def prepare(self) -> None:
        """Starts it and installs the modules; one region, as the others look at one."""
        environ = {**os.environ, **self.cloud.environ}
        # beside the running Python, so that it is this checkout's whatever PATH says
        program = [str(Path(sys.executable).with_name("iasql")), "up", "--data-dir", str(self.folder)]
        self.log = (self.folder.parent / f"{self.folder.name}.log").open("wb")
        command = [*program, "--sync-interval", "1000000"]
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=self.log)
        assert self.process.stdout is not None
        self.dsn = self.process.stdout.readline().decode().strip().removeprefix("ready: ")
        self.connection = psycopg.connect(self.dsn, autocommit=True)
        self.sql("select * from iasql_install('aws_account')")
        self.sql(ONE_REGION)
        if self.modules:
            self.sql("select * from iasql_install(variadic %s)", list(self.modules))

    def sql(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        cursor = self.connection.execute(query.encode(), arguments or None)
        return cursor.fetchall() if cursor.description else []

    def ready(self, stage: str) -> None:
        """Writes the rows; a commit is what the stage is."""
        workload = self.workload
        texts = {"create": workload.create, "plan one change": workload.change, "destroy": workload.destroy,
                 "nothing to do": "select 1"}  # fmt: skip
        if stage in texts:
            self.sql("select iasql_begin()")
            self.sql(workload.filled(texts[stage], self.n))

    def run(self, stage: str) -> None:
        """A commit, a preview or a sync."""
        if stage in ("create", "one change", "destroy"):
            self.sql("select * from iasql_commit(allow => array['mass_delete', 'destroys_data'])")
        elif stage == "read all":
            self.sql("select * from iasql_sync(%s)", list(self.workload.tables))
        elif stage == "nothing to do":
            self.sql("select * from iasql_preview()")
            self.sql("select iasql_rollback()")
        else:
            self.sql("select * from iasql_preview()")

    def pids(self) -> list[int]:
        """The engine and PostgreSQL."""
        postmaster = self.folder / "cluster" / "postmaster.pid"
        return [self.process.pid, int(postmaster.read_text().split("\n")[0])]

    def close(self) -> None:
        """Stops both."""
        self.connection.close()
        end(self.process)
        self.log.close()
        Path(self.log.name).unlink()
        super().close()


class Bare(Contender):
    """What the calls themselves cost: a script that knows beforehand what to call, with sixteen threads."""

    name = "boto3"
    children = False
    stages = ("create", "read all", "one change")

    def prepare(self) -> None:
        """One session, a client a service."""
        self.session = boto3.Session("benchmark", "benchmark", region_name="us-east-1")
        self.clients: dict[str, Any] = {}
        for service in ("ec2", "s3", "iam", "sqs", "logs"):
            self.client(service)

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self.clients:
            config = Config(max_pool_connections=2 * THREADS)
            self.clients[service] = self.session.client(  # type: ignore[call-overload]
                service, endpoint_url=self.cloud.proxy.endpoint, config=config
            )
        return self.clients[service]

    def run(self, stage: str) -> None:
        """The calls of a stage."""
        work = {"create": self.workload.bare, "read all": self.workload.bare_read}.get(stage, self.workload.bare_change)
        work(self.client, self.n)

    def pids(self) -> list[int]:
        """None: it runs in threads of the benchmark itself."""
        return [os.getpid()]


class Terraform(Contender):
    """Terraform and its AWS provider, from a folder of plugins where there is no network."""

    name = "Terraform"
    stages = ("create", "nothing to do", "plan one change", "one change", "destroy")
    plugins: ClassVar[Path | None] = None
    running: list[int] = []
    PROVIDER = """
        terraform {
          required_providers {
            aws = { source = "hashicorp/aws" }
          }
        }
        provider "aws" {
          region                      = "us-east-1"
          skip_credentials_validation = true
          skip_requesting_account_id  = true
          s3_use_path_style           = true
        }
    """

    @classmethod
    def missing(cls) -> str | None:
        """What it lacks here; None when it is installed, and a folder of plugins named that holds its provider."""
        if shutil.which("terraform") is None:
            return "no program `terraform` is on the PATH"
        if cls.plugins is None or not list(cls.plugins.glob("registry.terraform.io/hashicorp/aws/*/*/*")):
            return "--terraform-plugins names no folder with its AWS provider (`terraform providers mirror` makes one)"
        return None

    def prepare(self) -> None:
        """`terraform init`."""
        (self.folder / "config").write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.plugins}"\n  }}\n}}\n'
        )
        self.write(changed=False)
        self.terraform("init", "-no-color")

    def write(self, *, changed: bool) -> None:
        """The resources, one of them changed or not."""
        text = self.workload.filled(self.workload.terraform, self.n)
        old, new = self.workload.changed
        (self.folder / "main.tf").write_text(self.PROVIDER + (text.replace(old, new) if changed else text))

    def ready(self, stage: str) -> None:
        """Writes the change."""
        if stage == "plan one change":
            self.write(changed=True)

    def run(self, stage: str) -> None:
        """A plan or an apply."""
        words = {
            "create": ("apply", "-auto-approve"),
            "one change": ("apply", "-auto-approve"),
            "destroy": ("destroy", "-auto-approve"),
        }.get(stage, ("plan",))
        self.terraform(*words, "-no-color", "-input=false", "-parallelism=16")

    def terraform(self, *words: str) -> None:
        """Runs one of its commands."""
        environ = {**os.environ, **self.cloud.environ, "TF_CLI_CONFIG_FILE": str(self.folder / "config"),
                   "CHECKPOINT_DISABLE": "1", "AWS_S3_USE_PATH_STYLE": "true"}  # fmt: skip
        with subprocess.Popen(
            ["terraform", *words], cwd=self.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            self.running = [process.pid]
            told, _ = process.communicate()
            self.running = []
        if process.returncode:
            raise RuntimeError(told.decode()[-2000:])

    def pids(self) -> list[int]:
        """Terraform, which starts its provider."""
        return self.running


CONTENDERS: dict[str, type[Contender]] = {each.name: each for each in (Iasql, Bare, Terraform)}
