"""Locks, state files and generated secrets."""

import os
from pathlib import Path

import pytest

from portal.runtime.errors import AlreadyRunning
from portal.runtime.folder import FolderLock, generated_secret, read_state, write_state


class TestFolderLock:
    def test_names_the_holder(self, tmp_path: Path) -> None:
        held = FolderLock(tmp_path / "lock", holder="A demo")
        held.acquire()
        with pytest.raises(AlreadyRunning, match=rf"A demo is already running in .* \(process {os.getpid()}\)"):
            FolderLock(tmp_path / "lock", holder="A demo").acquire()
        held.release()
        FolderLock(tmp_path / "lock", holder="A demo").acquire()


class TestState:
    def test_round_trip(self, tmp_path: Path) -> None:
        write_state(tmp_path / "state.json", {"port": 1})
        assert read_state(tmp_path / "state.json") == {"port": 1}
        assert [path.name for path in tmp_path.iterdir()] == ["state.json"]

    @pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
    def test_spoilt_file_is_no_memory(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "state.json").write_text(text)
        assert read_state(tmp_path / "state.json") == {}


class TestGeneratedSecret:
    def test_is_kept_and_private(self, tmp_path: Path) -> None:
        secret = generated_secret(tmp_path / "secret")
        assert len(secret) == 64
        assert generated_secret(tmp_path / "secret") == secret
        assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600

    def test_empty_file_of_a_cut_off_run(self, tmp_path: Path) -> None:
        (tmp_path / "secret").touch()
        assert len(generated_secret(tmp_path / "secret")) == 64
