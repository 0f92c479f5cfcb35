"""Tests that what is logged comes back: in the table, from a file, and as the best epoch by each
metric's own direction.
"""

from __future__ import annotations

import subprocess
import sys
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segeval.errors import UsageError
from segeval.history import History
from segeval.metrics import REGISTRY
from segeval.training.logs import are_logs, named_runs
from segeval.training.series import Column


def logged(**columns: list[float]) -> History:
    """A history of these columns, epoch by epoch from 1."""
    history = History()
    for epoch, row in enumerate(zip(*columns.values(), strict=True), 1):
        history.log(epoch, dict(zip(columns, row, strict=True)))
    return history


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (0.5, {"dice": 0.5}),
        (np.float32(0.5), {"dice": 0.5}),
        (torch.tensor(0.5, dtype=torch.bfloat16, requires_grad=True), {"dice": 0.5}),
        (torch.tensor([0.5, nan]), {"dice/1": 0.5, "dice/2": nan}),
        ([0.5, torch.tensor(inf)], {"dice/1": 0.5, "dice/2": inf}),
        ({"liver": 0.5, "spleen": 0.25}, {"dice/liver": 0.5, "dice/spleen": 0.25}),
    ],
)
def test_numbers_vectors_and_mappings_are_columns(value: object, cells: dict[str, float]):
    by_name, mapped = History(), History()
    by_name.log(epoch=3, dice=value)
    mapped.log(3, {"dice": value})
    for history in (by_name, mapped):
        pd.testing.assert_frame_equal(history.table, pd.DataFrame([{"epoch": 3, **cells}]))


def test_regions_name_the_entries_of_vectors():
    history = History(regions=("liver", "spleen"))
    history.log(1, {"val": {"dice": np.array([0.5, 0.75])}})
    assert list(history.table) == ["epoch", "val/dice/liver", "val/dice/spleen"]
    with pytest.raises(
        UsageError,
        match=r"'dice' has 3 values for 2 regions \(liver, spleen\); give one name for each",
    ):
        history.log(2, dice=[1, 2, 3])


def test_an_epoch_may_be_logged_in_parts_and_each_cell_once():
    history = History()
    history.log(2, {"val": {"dice": 0.5}})
    history.log(1, train_loss=2.0)
    history.log(2, train_loss=1.0)
    expected = pd.DataFrame({"epoch": [1, 2], "val/dice": [nan, 0.5], "train_loss": [2.0, 1.0]})
    pd.testing.assert_frame_equal(history.table, expected)
    with pytest.raises(UsageError, match="epoch 2 has a value of 'val/dice' already; log it once"):
        history.log(2, {"hd95": 3.0, "val/dice": 0.5})
    pd.testing.assert_frame_equal(history.table, expected)


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ("high", "not str 'high'"),
        (True, "not bool True"),
        (None, "not NoneType None"),
        (np.zeros((2, 2)), r"not shape \(2, 2\)"),
        (torch.zeros(0), r"not shape \(0,\)"),
    ],
)
def test_what_is_no_number_is_refused(value: object, came: str):
    with pytest.raises(UsageError, match=f"'val/dice' must be a number, or a vector .*{came}"):
        History().log(1, {"val": {"dice": value}})


def test_odd_epochs_and_names_are_refused():
    with pytest.raises(
        UsageError,
        match=r"a value needs a name, such as dice=0.9, but tensor\(0.5000\) came without",
    ):
        History().log(1, torch.tensor(0.5))
    with pytest.raises(UsageError, match="epoch must be one finite number, not nan"):
        History().log(nan, dice=1)
    with pytest.raises(UsageError, match="'Step' cannot be the name of a metric"):
        History().log(1, Step=100)


@given(
    st.dictionaries(
        st.integers(0, 99) | st.floats(0, 9),
        st.dictionaries(st.sampled_from(["val/dice", 'a,"b"', "é\nb"]), st.floats(), min_size=1),
        min_size=1,
    )
)
def test_every_digit_and_every_hole_comes_back(rows: dict[float, dict[str, float]]):
    history = History()
    for epoch, row in rows.items():
        history.log(epoch, row)
    path = Path(scratch, "h.csv")
    history.to_csv(path)
    again = History.read(path)
    pd.testing.assert_frame_equal(again.table, history.table, check_exact=True)
    for series, other in zip(again.series(), history.series(), strict=True):  # a hole is no NaN
        assert series.x.tolist() == other.x.tolist()


@pytest.fixture(autouse=True, scope="module")
def _scratch(tmp_path_factory: pytest.TempPathFactory) -> None:
    global scratch
    scratch = tmp_path_factory.mktemp("history")


def test_csv_is_written_as_documented(tmp_path: Path):
    history = History()
    history.log(1, dice=0.1 + 0.2, hd95=nan)
    history.log(2, hd95=inf)
    history.to_csv(tmp_path / "h.csv")
    assert (
        tmp_path / "h.csv"
    ).read_text() == "epoch,dice,hd95\n1,0.30000000000000004,nan\n2,,inf\n"


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\r\nb", "a,b", 'a"b', " a", "a\tb"])
def test_names_of_regions_come_back_whatever_they_hold(name: str, tmp_path: Path):
    history = History(regions=[name, "other"])
    history.log(1, {"dice": [0.5, 0.25]})
    history.to_csv(tmp_path / "history.csv")
    assert History.read(tmp_path / "history.csv").table.columns.tolist() == (
        history.table.columns.tolist()
    )


@pytest.mark.parametrize(
    ("column", "values", "best"),
    [
        ("dice", [0.5, 0.75, 0.625], (2, 0.75)),
        ("val_hd95", [9.0, inf, 3.0], (3, 3.0)),
        ("volume_error", [-5.0, 1.0, -0.5], (3, -0.5)),  # best is 0
        ("lr_plus", [2.0, inf, 3.0], (2, inf)),  # best is ∞
        ("train/total_loss", [0.5, 0.25, 0.25], (2, 0.25)),  # the first of equals
        ("dice/liver", [nan, 0.5, nan], (2, 0.5)),
    ],
)
def test_best_epoch_by_the_metrics_own_direction(
    column: str, values: list[float], best: tuple[float, float]
):
    assert logged(**{column: values}).best(column) == best


def test_best_of_what_no_card_knows_needs_a_direction():
    history = logged(score=[1.0, 3.0, 2.0], dice=[nan, nan, nan])
    with pytest.raises(
        UsageError, match="no card says what is better of 'score'; pass higher_is_better"
    ):
        history.best("score")
    assert history.best("score", higher_is_better=True) == (2, 3.0)
    assert history.best("score", higher_is_better=False) == (1, 1.0)
    with pytest.raises(UsageError, match=r"'dice' is undefined \(NaN\) at every epoch"):
        history.best("dice")


def test_best_takes_short_names_where_they_stand_for_one_column():
    history = logged(**{"val/dice": [0.5, 0.75], "train/dice": [0.75, 0.5], "val_hd95": [2, 1]})
    assert history.best("HD95") == (2, 1)
    assert history.best("val_dice") == (2, 0.75)
    with pytest.raises(UsageError, match="'dice' may be val/dice, train/dice; name one of these"):
        history.best("dice")
    with pytest.raises(UsageError, match="no column holds 'hd99'; did you mean hd95"):
        history.best("hd99")
    with pytest.raises(UsageError, match="no column holds 'dice'; there are no values yet"):
        History().best("dice")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("dice", ("", "dice", "", "")),
        ("val/dice/left lung/lobe", ("val", "dice", "left lung/lobe", "")),
        ("valid_Dice", ("val", "dice", "", "")),
        ("train_dsc_epoch", ("train", "dice", "", "epoch")),
        ("train_loss_step", ("train", "loss", "", "step")),
        ("Loss/val", ("val", "Loss", "", "")),
        ("test_hd95/1", ("test", "hd95", "1", "")),
        (
            "val_dice_left_lung",
            ("val", "dice", "left_lung", ""),
        ),  # as torchmetrics' ClasswiseWrapper has it
        ("val/dice/mean", ("val", "dice", "", "")),
        ("dice_mean_epoch", ("", "dice", "", "epoch")),
        ("nsd@2/liver", ("", "nsd@2", "liver", "")),
        (
            "val_VolumeSimilarity",
            ("val", "volume_similarity", "", ""),
        ),  # a metric object's name in a collection
        ("surface_dice@2_liver", ("", "nsd@2", "liver", "")),
    ],
)
def test_names_of_columns(name: str, parts: tuple[str, ...]):
    column = Column.of(name)
    assert (column.split, column.measure, column.region, column.interval) == parts


@pytest.mark.parametrize(
    "name", ["dice_loss", "val_hd_95", "fn_rate", "dice_std", "lr-AdamW", "mean_dice", "training"]
)
def test_names_that_would_say_something_else_have_no_card(name: str):
    column = Column.of(name)
    assert column.metric is None
    assert not column.region


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=lambda spec: spec.name)
def test_the_direction_of_every_metric_object_is_known_by_its_name(spec):
    metric = Column.of(f"val/{spec.class_name}").metric
    assert metric is not None
    assert metric.spec.higher_is_better == spec.higher_is_better
    assert metric.spec.unit == spec.unit
    assert (
        not spec.parameters or metric.column == spec.class_name
    )  # the name does not tell its parameters


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=lambda spec: spec.name)
def test_every_metric_is_known_by_its_column(spec):
    metric = spec.bind({p.name: 0.5 for p in spec.parameters if p.default is None})
    for name in (metric.column, f"val_{metric.column}_epoch", f"train/{metric.column}/liver"):
        assert Column.of(name).metric == metric


LIGHTNING = """\
epoch,lr-Adam,step,train_loss,train_dice_epoch,train_dice_step,val_dice,stage
,0.1,49,,,,,
0,,49,2.0,,0.25,,fit
0,,99,1.0,,0.50,,fit
0,,99,,,,0.5,fit
0,,99,,0.4,,,fit
,0.01,149,,,,,
1,,149,0.5,,0.75,,fit
1,,199,,,,nan,fit
1,,199,,0.6,,,fit
"""


@pytest.fixture
def lightning(tmp_path: Path) -> Path:
    """The folder of a run, whose table has a row a step and more at the end of each epoch."""
    (tmp_path / "metrics.csv").write_text(LIGHTNING)
    return tmp_path


def test_lightnings_rows_become_epochs(lightning: Path):
    history = History.read(lightning)
    expected = {
        "epoch": [0, 1], "lr-Adam": [0.1, 0.01],
        "train_loss": [(2 + 1) / 2, 0.5], "train_dice_epoch": [0.4, 0.6],
        "train_dice_step": [(0.25 + 0.5) / 2, 0.75], "val_dice": [0.5, nan],
    }  # fmt: skip
    pd.testing.assert_frame_equal(history.table, pd.DataFrame(expected))
    assert [s.column.name for s in history.series() if s.averaged] == [
        "train_loss",
        "train_dice_step",
    ]
    assert history.best("train/dice") == (1, 0.6)


def test_by_step_lightnings_steps_count(lightning: Path):
    history = History.read(lightning / "metrics.csv", by="step")
    assert history.by == "step"
    assert history.best("train/dice") == (149, 0.75)
    (loss,) = (s for s in history.series() if s.column.name == "train_loss")
    assert (loss.x.tolist(), loss.y.tolist()) == ([49, 99, 149], [2, 1, 0.5])


def test_one_epoch_alone_goes_by_step(tmp_path: Path):
    (tmp_path / "m.csv").write_text("Epoch,Step,loss\n0,10,3\n0,20,2\n")
    assert History.read(tmp_path / "m.csv").table.columns.tolist() == ["step", "loss"]
    assert History.read(tmp_path / "m.csv", by="epoch").table.loc[0, "loss"] == 2.5


def test_a_row_cut_short_is_a_row_with_holes(tmp_path: Path):
    (tmp_path / "m.csv").write_text("epoch,loss,dice\n1,2,0.5\n2,1")
    table = History.read(tmp_path / "m.csv").table
    assert table["loss"].tolist() == [2, 1]
    assert isnan(table["dice"][1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; has an epoch ended"),
        ("epoch,dice\n", "holds no values yet; has an epoch ended"),
        ("a,b\n1,2\n", "wanted a CSV file with a column epoch or step, but its columns are a, b$"),
        (
            "case,region,dice\nx,y,1\n",
            "but its columns are case, region, dice; give the folder of the results",
        ),
        ("epoch,dice\none,2\n", "wanted a number in column epoch, came 'one'"),
        ("epoch,dice\n1,2,3\n", "row 2 has 3 cells for 2 columns"),
        ("epoch,dice,dice\n1,2,3\n", "has 2 columns dice; give every column its own name"),
        ("epoch,dice\n1,0.5\n2,oops\n", "wanted numbers in column dice, came .oops. among them"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "wanted a CSV file of metrics by epoch"),
    ],
)
def test_what_is_no_table_of_a_training(content: str | bytes, message: str, tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=f"{path}: .*{message}"):
        History.read(path)


def test_a_table_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot read it \(No such file"):
        History.read(tmp_path / "m.csv")
    (tmp_path / "m.csv").write_text("epoch,loss\n1,2\n")
    with pytest.raises(
        UsageError, match="wanted a CSV file with a column step, but its columns are epoch, loss"
    ):
        History.read(tmp_path / "m.csv", by="step")


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.csv", "b.csv"], ["a", "b"]),
        (["logs/unet/v0/metrics.csv", "logs/swin/v0/metrics.csv"], ["unet", "swin"]),
        (
            ["unet/fold_0/m.csv", "unet/fold_1/m.csv", "swin/fold_0/m.csv"],
            ["unet/fold_0", "unet/fold_1", "swin/fold_0"],
        ),
        (["logs/m.csv", "logs/later/m.csv"], ["logs", "later"]),
        (["only/m.csv"], [""]),
    ],
)
def test_runs_are_named_after_what_tells_them_apart(paths: list[str], names: list[str]):
    assert list(named_runs([Path(path) for path in paths])) == names


def test_a_run_given_twice(lightning: Path):
    with pytest.raises(UsageError, match=r"metrics.csv is given twice"):
        named_runs([lightning, lightning / "metrics.csv"])


def test_tables_of_trainings_and_folders_of_results(lightning: Path, tmp_path: Path):
    scored = tmp_path / "runs" / "scored"
    scored.mkdir(parents=True)
    with pytest.raises(
        UsageError,
        match=r"scored: holds neither cases.csv .* nor history.csv or metrics.csv; give the",
    ):
        are_logs([scored])
    (scored / "metrics.csv").write_text(LIGHTNING)
    with pytest.raises(UsageError, match=f"runs: holds neither .*; did you mean {scored}"):
        are_logs([scored.parent])
    (scored / "metrics.csv").unlink()
    (scored / "cases.csv").write_text("case,region\n")
    assert not are_logs([scored])
    assert are_logs([lightning, lightning / "metrics.csv"])
    with pytest.raises(
        UsageError, match="scored: is a folder of results; plot such folders one at a time"
    ):
        are_logs([lightning, scored])


def test_nothing_heavy_is_imported():
    code = "import sys, segeval.history; print({'matplotlib', 'pandas', 'torch'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
