"""Other advisors, asked as their manuals say. Each needs HypoPG: Debian's package postgresql-15-hypopg."""

import json, os, re, subprocess, tempfile

from server import ROOT


def hypothetical(server, database):
    server.psql(database, "CREATE EXTENSION IF NOT EXISTS hypopg")


class Dexter:
    """The folder of its source is in DEXTER; runs on Debian's ruby-pg, ruby-pg-query and ruby-slop."""

    def __init__(self, server, database, savings=50):
        self.server, self.database, self.savings = server, database, savings
        self.folder = os.environ["DEXTER"]
        hypothetical(server, database)

    def ask(self, statements):
        words = ["ruby", f"-I{self.folder}/lib", "-r", f"{ROOT}/bench/advise.d/dexter.rb", f"{self.folder}/exe/dexter", "-h", self.server.folder, "-U", "bench", "-d", self.database, "--min-cost-savings-pct", str(self.savings)]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write("".join(f"{one};\n" for one in statements))
            file.flush()
            done = subprocess.run(words + [file.name], capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[:300] or done.stdout.strip()[-300:])
        # It prints names without the quotes that some need.
        quoted = lambda words: re.sub(r"\w*[A-Z]\w*", r'"\g<0>"', words)
        return [f"CREATE INDEX ON {quoted(table)} ({quoted(columns)})" for table, columns in re.findall(r"Index found: (\S+) \((.*)\)", done.stdout)]


class PostgresMcp:
    """POSTGRES_MCP is the Python of an environment that has it."""

    def __init__(self, server, database, seconds=300):
        self.url, self.seconds = server.url(database), seconds
        hypothetical(server, database)

    def ask(self, statements):
        words = [os.environ["POSTGRES_MCP"], f"{ROOT}/bench/advise.d/postgres-mcp.py", self.url, str(self.seconds)]
        done = subprocess.run(words, input=json.dumps(statements), capture_output=True, text=True, timeout=self.seconds + 600)
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-300:])
        return json.loads(done.stdout)


class IndexAdvisor:
    """The folder of its source is in INDEX_ADVISOR: one function in SQL, asked for each statement."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        hypothetical(server, database)
        newest = max(name for name in os.listdir(os.environ["INDEX_ADVISOR"]) if re.fullmatch(r"index_advisor--[\d.]+\.sql", name))
        text = open(f"{os.environ['INDEX_ADVISOR']}/{newest}").read()
        server.psql(database, "DROP FUNCTION IF EXISTS index_advisor; " + "\n".join(line for line in text.splitlines() if not line.startswith("\\")))

    def ask(self, statements):
        found = []
        for one in statements:
            said = self.server.psql(self.database, f"SELECT array_to_json(index_statements), array_to_json(errors) FROM index_advisor($ask${one}$ask$)", rows=True).strip()
            found += json.loads(said.split("|")[0] or "[]")
        return list(dict.fromkeys(found))
