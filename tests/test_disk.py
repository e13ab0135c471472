"""The folder of uploads and results stays within its budget."""

import os
import time
from pathlib import Path

import pytest

from test_door import FORM, PNG, ask, form
from ui.disk import Disk


@pytest.fixture
def file(tmp_path):
    """Makes a file of 1,000 bytes that was used so many seconds ago."""

    def made(name, ago):
        path = tmp_path / name / "a.png"
        path.parent.mkdir()
        path.write_bytes(b"x" * 1000)
        os.utime(path, (time.time() - ago,) * 2)
        return path

    return made


def test_what_was_used_longest_ago_goes_first(tmp_path, file, monkeypatch):
    monkeypatch.setenv("STYLEGRID_DISK_BYTES", "2500")
    old, older, new, now = (file(str(ago), ago) for ago in (300, 600, 100, 1))
    Disk(tmp_path).trim()
    assert not older.parent.exists()
    assert not old.exists()
    assert new.exists()
    assert now.exists()


def test_what_somebody_is_about_to_use_stays(tmp_path, file, monkeypatch):
    monkeypatch.setenv("STYLEGRID_DISK_BYTES", "1")
    path = file("a", 5)
    Disk(tmp_path).trim()
    assert path.exists()


def test_results_are_not_kept_for_ever(tmp_path, file, monkeypatch):
    monkeypatch.setenv("STYLEGRID_KEPT_SECONDS", "500")
    monkeypatch.setenv("STYLEGRID_WAITING_SECONDS", "200")
    old, new = file("old", 600), file("new", 400)
    Disk(tmp_path).trim()
    assert (old.exists(), new.exists()) == (False, True)


def test_at_home_nothing_is_removed(tmp_path, file):
    path = file("old", 10**7)
    Disk(tmp_path).trim()
    assert path.exists()


def test_two_may_remove_at_once_and_a_folder_that_is_not_empty_stays(tmp_path, file, monkeypatch):
    first, other = file("a", 1), file("b", 1)
    second = first.with_name("b.png")
    second.write_bytes(b"x")
    Disk(tmp_path).remove([str(first)])
    assert second.exists()

    def removed_meanwhile(folder):
        os.rmdir(folder)
        os.rmdir(folder)

    monkeypatch.setattr(Path, "rmdir", removed_meanwhile)
    Disk(tmp_path).remove([str(second), str(other)])
    assert not other.exists()
    assert [*tmp_path.iterdir()] == []


def test_a_visitor_uploads_so_much_an_hour(monkeypatch, tmp_path):
    monkeypatch.setenv("STYLEGRID_VISITOR_BYTES", "1000")
    disk = Disk(tmp_path)
    disk.uploaded("a", 400)
    disk.uploaded("a", 500)
    assert (disk.room("a"), disk.room("b")) == (100, 1000)
    later = time.monotonic() + 3601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert disk.room("a") == 1000
    assert not disk._uploaded


def test_the_door_refuses_what_a_visitor_may_no_longer_upload(monkeypatch):
    monkeypatch.setenv("STYLEGRID_VISITOR_BYTES", "1000")
    stated = [*FORM, (b"content-length", b"2000")]
    status, text, _, came = ask("/gradio_api/upload", *form(PNG), headers=stated)
    assert (status, came) == (413, None)
    assert b"1,000 bytes more may be uploaded within this hour" in text
