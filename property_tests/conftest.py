"""How hard the property tests look (HYPOTHESIS_PROFILE names a profile), and a database for those that need one."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from iasql.cli.demo.stand_in import IMAGES, look_up_once
from property_tests.tally import pytest_runtest_makereport, pytest_terminal_summary
from tests.databases import database, server, shared_database, template, work_in_memory

__all__ = [
    "database",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "server",
    "shared_database",
    "template",
]

os.environ.setdefault("MOTO_AMIS_PATH", str(IMAGES))  # moto reads it when it is imported
look_up_once()
work_in_memory()

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile("dev", max_examples=20, deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, database=None, print_blob=True, suppress_health_check=SLOW
)
settings.register_profile("nightly", max_examples=5000, deadline=None, print_blob=True, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
