from __future__ import annotations

from pathlib import Path

import pytest
from releases import contents

from medinjection_fr.whole import remove_unfinished, whole_file, whole_folder


def test_a_file_appears_when_it_is_whole(tmp_path: Path):
    path = tmp_path / "new" / "notes.txt"
    with whole_file(path) as unfinished:
        unfinished.write_text("begun")
        assert not path.exists()
    assert contents(tmp_path) == {"new/notes.txt": b"begun"}
    with pytest.raises(KeyboardInterrupt), whole_file(path) as unfinished:
        unfinished.write_text("again")
        raise KeyboardInterrupt
    assert contents(tmp_path) == {"new/notes.txt": b"begun"}


def test_what_is_not_whole_goes_wherever_it_is(tmp_path: Path):
    ours = ("step.node-1.medinjection-fr.part/rows", "data/shard.arrow.node-1.medinjection-fr.part")
    for name in (*ours, "data/shard.arrow", "somebody's download.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_unfinished(tmp_path)
    assert contents(tmp_path).keys() == {"data/shard.arrow", "somebody's download.part"}


def test_a_folder_appears_when_it_is_whole(tmp_path: Path):
    folder = tmp_path / "step"
    with pytest.raises(KeyboardInterrupt), whole_folder(folder) as unfinished:
        (unfinished / "half").touch()
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    with whole_folder(folder) as unfinished:
        (unfinished / "rows").write_text("ours")
        assert not folder.exists()
    assert contents(tmp_path) == {"step/rows": b"ours"}


def test_of_two_that_make_a_folder_the_first_stays(tmp_path: Path):
    folder = tmp_path / "step"
    with whole_folder(folder) as unfinished:
        (unfinished / "rows").write_text("second")
        folder.mkdir()  # by another process
        (folder / "rows").write_text("first")
    assert contents(tmp_path) == {"step/rows": b"first"}


def test_a_folder_that_cannot_be_put_in_place_is_told(tmp_path: Path):
    folder = tmp_path / "step"
    with pytest.raises(OSError), whole_folder(folder) as unfinished:
        unfinished.rename(tmp_path / "elsewhere")
