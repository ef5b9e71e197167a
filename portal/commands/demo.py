"""`portal demo`: the whole product on this machine, with nothing else installed."""

from collections.abc import Mapping

from rich.console import Console

from portal.commands import database, frontend, preflight, programs, running
from portal.commands.configuration import load_settings, override_settings
from portal.commands.places import LOGS, STATE
from portal.commands.progress import Progress
from portal.commands.sandboxed import put_bookings, sandbox_settings, sandboxed
from portal.commands.summary import print_summary
from portal.core.settings import DEVELOPMENT_SECRET, Settings
from portal.domain.demo_tenants import TENANTS
from portal.runtime import ports
from portal.runtime.disk import check_disk
from portal.runtime.folder import generated_secret, read_state, write_state
from portal.runtime.postgres import EmbeddedPostgres
from portal.runtime.processes import Supervisor
from portal.runtime.stopping import Stopped, StopRequest
from portal.runtime.valkey import EmbeddedValkey

_MEMORY = STATE / "demo.json"


def run_demo(console: Console, *, host: str, port: int | None) -> None:
    """Start everything, print where it is, and keep it alive until Ctrl-C. Raises StartError."""
    settings = load_settings()
    progress = Progress(console)
    STATE.mkdir(exist_ok=True)
    check_disk(STATE)
    with StopRequest() as stop_request:
        supervisor = Supervisor(STATE, stop_request=stop_request, tell=progress.note, holder="A demo")
        try:
            with supervisor:
                demo = _Demo(settings, supervisor, progress, host=host, port=port or settings.port)
                demo.start()
                demo.supervisor.watch()
                console.print("\nStopping …")
        except Stopped:
            console.print("\nStopped before it was up.")


class _Demo:
    def __init__(self, settings: Settings, supervisor: Supervisor, progress: Progress, *, host: str, port: int) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self.progress = progress
        self.host = host
        self.port = port
        self.stand_ins = sandboxed(settings)
        self.sandbox_port = 0

    def start(self) -> None:
        # Only now: a demo killed a moment ago held the port until its leftovers were ended.
        preflight.check_port(self.port, self.host, command="make demo")
        # What takes longest starts first: the build when there is one, else the web server.
        sources = self._start_build()
        owner_url, app_url = self._start_postgres()
        redis_url = self._start_valkey()
        env = self._environment(app_url, redis_url)
        web = programs.web(env, host=self.host, port=self.port, workers=self.settings.web_workers, log=True)
        if sources is None:
            self.supervisor.start(web)  # it loads while the database is being looked after
        self.supervisor.start(programs.sandbox(env, port=self.sandbox_port, web_port=self.port))
        self._fill_database(owner_url, app_url)
        if sources is not None:
            self._finish_build(sources)
            self.supervisor.start(web)
        with self.progress.step("Web and sandbox are up"):
            self.supervisor.wait_ready()
        self._tell_calendar(owner_url)
        # Only now: on a small machine they would hold up the first page, and nobody has booked yet.
        for number in range(1, self.settings.queue_workers + 1):
            self.supervisor.start(programs.worker(env, number=number, log=True))
        print_summary(self.progress.console, self.settings, TENANTS, port=self.port, stand_ins=self.stand_ins)

    def _start_postgres(self) -> tuple[str, str]:
        """The owner's and the application's URL."""
        settings = self.settings
        if settings.database_url:
            self.progress.done(f"Database {database.place(settings.database_url)}, from DATABASE_URL")
            return settings.database_owner_url or settings.database_url, settings.database_url
        with self.progress.step("PostgreSQL is up"):
            server = EmbeddedPostgres(STATE / "postgres", log=LOGS / "postgres.log")
            server.start()
            self.supervisor.guard(server)
            database.create_database(server.url(), running.DATABASE)
        return running.demo_urls(server)

    def _start_valkey(self) -> str:
        if self.settings.redis_url:
            self.progress.done(f"Redis {database.place(self.settings.redis_url)}, from REDIS_URL")
            return self.settings.redis_url
        with self.progress.step("Valkey is up"):
            server = EmbeddedValkey(STATE / "valkey", log=LOGS / "valkey.log")
            server.start()
            self.supervisor.guard(server)
        return server.url()

    def _environment(self, app_url: str, redis_url: str) -> Mapping[str, str]:
        self.sandbox_port = ports.choose(read_state(_MEMORY).get("sandbox_port"))
        self._remember(sandbox_port=self.sandbox_port)
        own = {"database_url": app_url, "redis_url": redis_url, "port": str(self.port), "environment": "development"}
        if self.settings.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
            own["secret_key"] = generated_secret(STATE / "secret_key")
        own |= sandbox_settings(self.stand_ins, f"http://{ports.LOOPBACK}:{self.sandbox_port}")
        override_settings(own)
        return programs.child_environment()

    def _start_build(self) -> str | None:
        """Start building beside everything else. The digest of the sources, None when the last build still holds."""
        if frontend.is_current():
            self.progress.done("Frontend is built already")
            return None
        sources = frontend.sources_digest()
        self.supervisor.start(frontend.build_program(programs.child_environment()))
        return sources

    def _fill_database(self, owner_url: str, app_url: str) -> None:
        """Roles, migrations and demo data, passed over when all is there and made from what is here now."""
        made_from = [database.place(owner_url), database.sources_digest()]
        slugs = [tenant.slug for tenant in TENANTS]
        if read_state(_MEMORY).get("filled_from") == made_from and database.is_filled(app_url, slugs):
            self.progress.done("Database is filled already")
            return
        with self.progress.step("Roles, migrations"):
            database.migrate(owner_url, app_password=database.app_password(app_url))
        with self.progress.step("Demo data"):
            database.seed(owner_url)
            if self._has_history:
                database.seed_history(owner_url)
        self._remember(filled_from=made_from)

    @property
    def _has_history(self) -> bool:
        """What is made up for people to look at names customers: never where messages or bookings are real."""
        return {"Cal.com", "Twilio"} <= {provider.name for provider in self.stand_ins}

    def _tell_calendar(self, owner_url: str) -> None:
        """What the demo's history has to come stands in the sandbox's calendar too, from the first start on."""
        made_from = read_state(_MEMORY).get("filled_from")
        if not self._has_history or read_state(_MEMORY).get("calendar_told") == made_from:
            return
        origin = f"http://{ports.LOOPBACK}:{self.sandbox_port}"
        for key, bookings in database.history_ahead(owner_url).items():
            put_bookings(origin, key, bookings)
        self._remember(calendar_told=made_from)

    @staticmethod
    def _remember(**facts: object) -> None:
        write_state(_MEMORY, read_state(_MEMORY) | facts)

    def _finish_build(self, sources: str) -> None:
        with self.progress.step("Frontend is built"):
            self.supervisor.join(frontend.BUILD_NAME)
            frontend.mark_built(sources)
