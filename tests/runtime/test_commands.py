"""What the commands say when something is wrong: one sentence with what and how, and an exit code."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.cli import sentence
from portal.commands import configuration, doctor, frontend, model_check, preflight
from portal.commands.sandboxed import PROVIDERS, sandbox_settings, sandboxed
from portal.core.settings import Settings, get_settings
from portal.runtime import disk
from portal.runtime.errors import StartError
from tests.minimal_model import MODEL, minimal_model

REPOSITORY = Path(__file__).resolve().parents[2]


def portal(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        timeout=60,
        check=False,
    )


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | bytes], Path]]:
    """Writes a `.env` that the commands read instead of the checkout's."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / ".env"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    monkeypatch.setattr(configuration, "DOTENV", tmp_path / ".env")
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("PORT", "PORTAL_PORT", "PORTAL_ENVIRONMENT", "ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()
    yield write
    get_settings.cache_clear()


class TestLoadSettings:
    def test_reads_dotenv(self, dotenv: Callable[[str], Path]) -> None:
        dotenv("# a comment\n\nPORTAL_PORT=8123\nexport BASE_DOMAIN='example.localhost'\n")
        settings = configuration.load_settings()
        assert (settings.port, settings.base_domain) == (8123, "example.localhost")

    def test_broken_line(self, dotenv: Callable[[str], Path]) -> None:
        path = dotenv("PORTAL_PORT=8000\n\n\nthis is not a setting\n")
        with pytest.raises(StartError, match=rf"{path}, line 4, is not of the form NAME=value: mend or delete"):
            configuration.load_settings()

    def test_open_quote(self, dotenv: Callable[[str], Path]) -> None:
        dotenv('PORTAL_PORT=8000\nSECRET_KEY="never closed\n')
        with pytest.raises(StartError, match="line 2, is not of the form"):
            configuration.load_settings()

    def test_bad_value_names_line_but_not_value(self, dotenv: Callable[[str], Path]) -> None:
        path = dotenv("\nBASE_DOMAIN=localhost\n\nPORT=hunter2\n")
        with pytest.raises(StartError) as caught:
            configuration.load_settings()
        assert f"The setting PORT ({path}, line 4) is not valid" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_bad_value_of_the_environment(self, dotenv: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORTAL_PORT", "http")
        with pytest.raises(StartError, match=r"The setting PORTAL_PORT \(environment\) is not valid"):
            configuration.load_settings()

    def test_unsafe_production(self, dotenv: Callable[[str], Path]) -> None:
        dotenv("PORTAL_ENVIRONMENT=production\n")
        with pytest.raises(StartError, match=r"unsafe for production: .*BASE_DOMAIN must be a real domain"):
            configuration.load_settings()

    def test_not_text(self, dotenv: Callable[[bytes], Path]) -> None:
        dotenv(b"\xff\xfe\x00")
        with pytest.raises(StartError, match="is not UTF-8 text"):
            configuration.load_settings()

    def test_folder_in_its_place(self, dotenv: Callable[[str], Path], tmp_path: Path) -> None:
        (tmp_path / ".env").mkdir()
        with pytest.raises(StartError, match=r"cannot be read \(Is a directory\)"):
            configuration.load_settings()


class TestCheckPort:
    def test_busy(self, busy_port: int) -> None:
        with pytest.raises(StartError, match=rf"Port {busy_port} is used by another program: .*`PORT=\d+ make demo`"):
            preflight.check_port(busy_port, "127.0.0.1", command="make demo")

    def test_impossible(self) -> None:
        with pytest.raises(StartError, match="Port 70000 does not exist"):
            preflight.check_port(70000, "127.0.0.1", command="make demo")


class TestCheckDisk:
    def test_too_little(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(disk, "NEEDED_BYTES", 10**18)
        with pytest.raises(StartError, match=r"Only .* GB are free on the disk of .*: free at least 1 GB"):
            disk.check_disk(tmp_path)

    def test_full_while_writing(self) -> None:
        assert "The disk is full" in sentence(OSError(errno.ENOSPC, "No space left on device"))


class TestSandboxed:
    def test_without_keys_everything(self) -> None:
        assert sandboxed(Settings(_env_file=None)) == list(PROVIDERS)

    def test_key_makes_live(self) -> None:
        settings = Settings(_env_file=None, ANTHROPIC_API_KEY="key", CALCOM_BASE_URL="http://127.0.0.1:1")
        assert {provider.name for provider in sandboxed(settings)} == {"Stripe", "Twilio", "Cloudflare", "OpenAI"}

    def test_an_address_alone_makes_a_model_live(self) -> None:
        settings = Settings(_env_file=None, ANTHROPIC_BASE_URL="http://localhost:11434", ANTHROPIC_MODEL="qwen3")
        stand_ins = sandboxed(settings)
        assert "Anthropic" not in {provider.name for provider in stand_ins}
        assert "anthropic_base_url" not in sandbox_settings(stand_ins, "http://127.0.0.1:1")
        assert settings.has_own_model

    def test_switch_overrules_keys(self) -> None:
        settings = Settings(_env_file=None, ANTHROPIC_API_KEY="key", SANDBOX="true")
        assert sandboxed(settings) == list(PROVIDERS)

    def test_settings_are_real_ones(self) -> None:
        names = set(sandbox_settings(list(PROVIDERS), "http://127.0.0.1:1"))
        assert names <= set(Settings.model_fields)


class TestDoctor:
    @pytest.mark.parametrize("streams", [True, False])
    def test_what_an_own_model_can_do(self, streams: bool) -> None:
        with minimal_model(streams=streams, counts=True) as server:
            server.will_say((model_check.TOOL, {"word": "ready"}))
            settings = Settings(_env_file=None, ANTHROPIC_BASE_URL=server.url, ANTHROPIC_MODEL=MODEL)
            found = model_check.abilities(settings)
        assert found.suffices
        how = "streams; calls tools; does not cache; counts tokens" if streams else "answers in one piece; calls tools"
        assert str(found).startswith(f"knows the model; {how}")

    @pytest.mark.parametrize(("model", "said"), [("huge", "does not know the model"), (MODEL, "calls no tools")])
    def test_what_it_lacks(self, model: str, said: str) -> None:
        with minimal_model() as server:
            settings = Settings(_env_file=None, ANTHROPIC_BASE_URL=f"{server.url}/v1/", ANTHROPIC_MODEL=model)
            [finding] = [each for each in doctor.examine(settings) if each.what == f"Model {model}"]
        assert not finding.good
        assert finding.needed
        assert said in finding.detail

    def test_nobody_there(self) -> None:
        settings = Settings(_env_file=None, ANTHROPIC_BASE_URL="http://127.0.0.1:1")
        with pytest.raises(OSError, match="ConnectError"):
            model_check.abilities(settings)


class TestFrontend:
    def test_current_until_a_source_changes(self, tmp_path: Path) -> None:
        page = tmp_path / ".web" / "build" / "client" / "index.html"
        page.parent.mkdir(parents=True)
        page.touch()
        source = tmp_path / "portal" / "web" / "page.py"
        source.parent.mkdir(parents=True)
        source.write_text("one")
        assert not frontend.is_current(tmp_path)
        frontend.mark_built(frontend.sources_digest(tmp_path), tmp_path)
        assert frontend.is_current(tmp_path)
        source.write_text("two")
        assert not frontend.is_current(tmp_path)

    def test_cut_off_build_is_not_current(self, tmp_path: Path) -> None:
        page = tmp_path / ".web" / "build" / "client" / "index.html"
        page.parent.mkdir(parents=True)
        page.touch()
        frontend.mark_built(frontend.sources_digest(tmp_path), tmp_path)
        frontend.build_program({}, tmp_path)
        assert not frontend.is_current(tmp_path)


class TestCommandLine:
    def test_bad_setting_is_one_sentence(self) -> None:
        done = portal("up", PORTAL_PORT="http")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert "The setting PORTAL_PORT (environment) is not valid" in done.stderr

    def test_doctor_says_what_is_missing(self) -> None:
        nowhere = {f"PORTAL_{provider.url_setting.upper()}": "http://127.0.0.1:9/" for provider in PROVIDERS}
        done = portal(
            "doctor",
            PORTAL_DATABASE_URL="postgresql://someone:hunter2@127.0.0.1:9/nothing",
            PORTAL_REDIS_URL="redis://:hunter2@127.0.0.1:9/0",
            COLUMNS="200",
            **nowhere,
        )
        assert done.returncode == 1
        assert "127.0.0.1:9/nothing" in done.stdout
        assert "Check REDIS_URL." in done.stdout
        assert "hunter2" not in done.stdout + done.stderr
