"""report.json: what is written is read again, and nothing else is; its schema is the one in the docs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from revisit_reports import report

from spatialmem.errors import WorldFormatError
from spatialmem.revisit.records import read_report, schema, write_report

SCHEMA = Path(__file__).parents[1] / "docs" / "revisit-report.schema.json"


def test_a_report_comes_back(tmp_path: Path) -> None:
    write_report(tmp_path / "report.json", report())
    assert read_report(tmp_path) == report() == read_report(tmp_path / "report.json")


def test_the_schema_in_the_docs_is_that_of_the_program(tmp_path: Path) -> None:
    assert SCHEMA.read_bytes() == schema()
    write_report(tmp_path / "report.json", report())
    validator = Draft202012Validator(json.loads(schema()))
    validator.validate(json.loads((tmp_path / "report.json").read_text("utf-8")))
    assert list(validator.iter_errors({"format": "something else"}))


@pytest.mark.parametrize(("text", "said"), [
    ("{", "is no revisit report"), ("{}", "missing required field"), ('{"format": "a letter"}', "format"),
])
def test_what_is_no_report_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(WorldFormatError, match=said):
        read_report(tmp_path)


def test_reports_of_the_future_and_missing_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldFormatError, match=r"holds no report\.json"):
        read_report(tmp_path)
    write_report(tmp_path / "report.json", replace(report(), version=2))  # type: ignore[arg-type]
    with pytest.raises(WorldFormatError, match="Invalid enum value 2"):
        read_report(tmp_path)
