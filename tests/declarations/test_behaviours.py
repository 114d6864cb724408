"""What modules do beyond rows, each with the test that shows it: behaviours.tsv names one for every behaviour."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest

from iasql.modules import discover

TESTS = Path(__file__).parents[1]
with Path(__file__).with_name("behaviours.tsv").open(newline="") as file:
    BEHAVIOURS = list(csv.DictReader(file, delimiter="\t"))
ROWS_ALONE = {
    "aws_api_gateway", "aws_appsync", "aws_autoscaling", "aws_cloudfront", "aws_dynamo", "aws_elasticache", "aws_kms",
    "aws_ssm",
}  # fmt: skip
"""Modules whose tables are all there is to them."""


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour["behaviour"])
def test_a_behaviour_is_tested(behaviour: dict[str, str]) -> None:
    name, _, test = behaviour["test"].partition("::")
    found = ast.walk(ast.parse((TESTS / name).read_text()))
    assert test in {each.name for each in found if isinstance(each, ast.FunctionDef)}


def test_every_module_is_told_of() -> None:
    parts = {"arrays", "high-level", "all"}
    assert {each["module"] for each in BEHAVIOURS} - parts == set(discover()) - ROWS_ALONE


def test_every_function_of_a_module_is_told_of() -> None:
    said = " ".join(each["behaviour"] for each in BEHAVIOURS)
    functions = {f.name for name, module in discover().items() if name != "aws_sdk" for f in module.functions}
    assert {name for name in functions if name not in said} == set()
