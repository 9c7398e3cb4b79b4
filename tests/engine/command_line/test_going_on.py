"""`train --from`: two runs one after the other are one run without a break, to the last byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.formats import dump_convnetjs, load
from tests.engine.command_line.running import SMALL_NET, run

NOISY = (SMALL_NET % 20).replace("activation:'relu'", "activation:'relu', drop_prob:0.2").replace(
    "{method:'adadelta'", "{method:'adam', schedule:'cosine', schedule_examples:2000, ema:0.9, "
    "augment:5"
)  # fmt: skip


@pytest.mark.parametrize("text", [SMALL_NET % 20, SMALL_NET % 500, NOISY])
def test_a_break_does_not_show_in_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "net.txt").write_text(text)
    train = "train --data data --processes 1 --json"
    fresh = f"{train} --spec {tmp_path}/net.txt --seed 3"
    # Both breaks are within an epoch of 1,350 images, the first before anything was validated.
    code, _, _ = run(capsys, f"{fresh} --examples 4000 --snapshot {tmp_path}/whole")
    assert code == 0
    run(capsys, f"{fresh} --examples 500 --snapshot {tmp_path}/a")
    run(capsys, f"{train} --from {tmp_path}/a --examples 1500 --snapshot {tmp_path}/b")
    code, out, err = run(
        capsys, f"{train} --from {tmp_path}/b --examples 2000 --snapshot {tmp_path}/c"
    )
    assert code == 0
    assert "warning" not in err
    answer = json.loads(out)
    assert (answer["examples"], answer["examples_seen"]) == (2000, 4000)
    assert (answer["preset"], answer["seed"]) == (None, None)
    assert (tmp_path / "c").read_bytes() == (tmp_path / "whole").read_bytes()


def test_where_the_file_does_not_say_how_to_go_on_that_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "theirs.json").write_bytes(dump_convnetjs(load(Path("net.json").read_bytes()).net))
    train = "train --data data --processes 1 --json --examples 20"
    code, out, err = run(capsys, f"{train} --from {tmp_path}/theirs.json --seed 5")
    assert code == 0
    assert "warning: " in err.splitlines()[0]
    assert "does not say which images of data come next" in err.splitlines()[0]
    assert (json.loads(out)["examples_seen"], json.loads(out)["seed"]) == (20, 5)
