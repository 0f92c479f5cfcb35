"""Addresses of other machines are refused as they were given, through every door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.scenes import TWO_LABELS, folders

import segeval
from segeval.errors import UsageError
from segeval.io.files import local_path
from segeval.plots import draw

ADDRESS = "s3://bucket/masks"
REFUSED = (
    "s3://bucket/masks: wanted a path on this machine, but remote addresses are neither read nor "
    "written yet; copy the files (for S3 aws s3 sync) or mount them (rclone mount), and give that "
    "path"
)
PRED, GT = TWO_LABELS
RESULTS = segeval.Results(None, None, {})


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [path.name for path in folders(tmp_path, {"a": PRED}, {"a": GT})]


@pytest.mark.parametrize("kind", [str, Path])  # a Path keeps one slash of two
@pytest.mark.parametrize(
    "call",
    [
        lambda address: segeval.score_folder(address, "gt"),
        lambda address: segeval.score_folder("pred", address),
        lambda address: segeval.score_folder("pred", "gt", output=address),
        lambda address: segeval.score(address, GT),
        lambda address: segeval.score(PRED, address),
        lambda address: segeval.Results.load(address),
        lambda address: RESULTS.save(address),
    ],
)
def test_an_address_is_refused_as_it_was_given(here, call, kind):
    with pytest.raises(UsageError, match=f"^{re.escape(REFUSED)}$"):
        call(kind(ADDRESS))
    assert sorted(path.name for path in Path().iterdir()) == ["gt", "pred"]


@pytest.mark.parametrize(
    "call",
    [
        lambda address: segeval.score(f"{address}/a.stl", "a.stl", metrics="hd", boundary="mesh"),
        lambda address: segeval.score(PRED, GT, regions=f"{address}/dataset.json"),
        lambda address: segeval.score(PRED, GT, colors=f"{address}/colors.json"),
        lambda address: segeval.score(PRED, GT, protocol=f"{address}/ours.toml"),
        lambda address: draw(segeval.score_folder("pred", "gt", metrics="dice"), address),
    ],
)
def test_so_it_is_where_other_files_are_named(here, call):
    with pytest.raises(UsageError, match=r"^s3://bucket/masks.*: wanted a path on this machine"):
        call(ADDRESS)


def test_an_address_of_this_machine_is_given_without_its_scheme():
    with pytest.raises(UsageError, match=r"^file:///data/pred: wanted a path, .* without file://$"):
        local_path("file:///data/pred")


@pytest.mark.parametrize("path", ["masks", "/data/a b", "C:/masks", "http", "run:1/pred", "a//b"])
def test_paths_are_paths(path):
    assert local_path(path) == Path(path)


def test_a_folder_that_is_called_like_a_scheme_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s3:/masks").mkdir(parents=True)
    assert local_path(Path("s3:/masks")) == Path("s3:/masks")
