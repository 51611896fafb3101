"""A private PostgreSQL: started for a benchmark, gone after it, or kept in a folder that is given."""

import json, os, pwd, shutil, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = "/usr/lib/postgresql/15/bin"
OWNER = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
# One process to a statement and no compiler: what is compared is the way to the rows.
SETTINGS = "-c listen_addresses= -c fsync=off -c autovacuum=off -c shared_preload_libraries=pg_stat_statements -c shared_buffers=3GB -c max_wal_size=8GB -c work_mem=32MB -c maintenance_work_mem=256MB -c random_page_cost=1.1 -c effective_cache_size=6GB -c jit=off -c max_parallel_workers_per_gather=0 -c max_parallel_maintenance_workers=0 -c max_locks_per_transaction=256 -c track_io_timing=off -c checkpoint_timeout=1h -c pg_stat_statements.track_utility=off"

# What PostgreSQL comes with, but for what has nothing to do with plans: several processes to a statement, random pages
# four times as dear. Published figures of other advisors are of it.
DEFAULTS = "-c listen_addresses= -c fsync=off -c autovacuum=off -c max_wal_size=8GB -c max_locks_per_transaction=256 -c checkpoint_timeout=1h"


class Server:
    """`folder`: where it is kept for the next time; without one, all goes at the end."""

    def __init__(self, folder=None, settings=SETTINGS):
        self.kept, self.settings = folder is not None, settings
        self.folder = folder or tempfile.mkdtemp(prefix="bench-advise-")
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        if OWNER:
            shutil.chown(self.folder, OWNER)
        self.environment = dict(os.environ, PGHOST=self.folder, PGUSER="bench", PGOPTIONS="-c client_min_messages=error")

    def __enter__(self):
        if not os.path.exists(f"{self.folder}/data/PG_VERSION"):
            self.program("initdb", "-D", f"{self.folder}/data", "-U", "bench", "--auth=trust", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8")
        self.program("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", "-o", f"-k {self.folder} {self.settings}", "start")
        return self

    def __exit__(self, *_):
        self.program("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast" if self.kept else "immediate", "stop", check=False)
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name, *words, check=True):
        return subprocess.run([f"{BIN}/{name}", *words], check=check, stdout=subprocess.DEVNULL, cwd="/", user=OWNER)

    def url(self, database, user="bench"):
        return f"postgres:///{database}?host={self.folder}&user={user}"

    def psql(self, database, text, rows=False, stop=True):
        """What psql says to `text`; a RuntimeError with PostgreSQL's words where it refuses."""
        flags = ["-tA"] if rows else ["-q"]
        done = subprocess.run(["psql", "-X", "-v", f"ON_ERROR_STOP={int(stop)}", *flags, "-d", database], input=text, env=self.environment, text=True, capture_output=True)
        if done.returncode or (done.stderr and stop and "ERROR" in done.stderr):
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def has(self, database):
        return self.psql("postgres", f"SELECT count(*) FROM pg_database WHERE datname = '{database}'", rows=True).strip() == "1"

    def make(self, database, text):
        """A database of `text`, unless a kept folder has it."""
        if self.has(database):
            return
        self.psql("postgres", f'CREATE DATABASE "{database}_unready"')
        self.psql(f"{database}_unready", text)
        self.psql(f"{database}_unready", "VACUUM (ANALYZE)")
        self.psql("postgres", f'ALTER DATABASE "{database}_unready" RENAME TO "{database}"')


def values(text):
    """The JSON values that follow one another in `text`, with whatever stands between them left out."""
    found, at, read = [], 0, json.JSONDecoder()
    while (at := text.find("[\n", at)) >= 0:
        value, at = read.raw_decode(text, at)
        found.append(value)
    return found
