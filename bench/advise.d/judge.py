"""What an advisor says, held against the answers: to each statement alone, with its values and without, and to all."""

import json, os, re, subprocess, sys, tempfile, time
from collections import Counter

import cases
from measure import Builder
from server import ROOT

KINDS = ["right", "wrong", "useless", "invalid", "failed"]


class Loadline:
    """`loadline db advise` on a portrait of the database; `calls` of statements, where not each is called once."""

    def __init__(self, server, database, program, words=(), calls=None):
        self.program, self.words, self.calls, self.folder = program, words, calls or {}, tempfile.mkdtemp(prefix="bench-advise-")
        self.portrait, self.url = f"{self.folder}/portrait", server.url(database)
        subprocess.run([program, "db", "portrait", self.url, "-o", self.portrait], check=True, capture_output=True)

    def ask(self, statements):
        """The indexes that it advises, as `CREATE INDEX …`; a RuntimeError with its words where it gives none."""
        file = f"{self.folder}/statements.sql"
        weight = lambda one: f"-- calls={self.calls[one]}\n" if one in self.calls else ""
        open(file, "w").write("".join(f"{weight(one)}{one};\n" for one in statements))
        done = subprocess.run([self.program, "db", "advise", "-p", self.portrait, "--statements", file, "--json", *self.words], capture_output=True, text=True, timeout=3600)
        if done.returncode not in (0, 1) or not done.stdout.strip():
            raise RuntimeError(f"code {done.returncode}: {done.stderr.strip()[:300]}")
        return list(dict.fromkeys(self.created(json.loads(done.stdout))))

    def prove(self, statements, words=()):
        """The indexes that `loadline db verify` searches, builds in this database, measures and confirms, and what it said
        of the others: as one goes about it, who has a test database. How far it is goes to standard error."""
        file = f"{self.folder}/statements.sql"
        open(file, "w").write("".join(f"{one};\n" for one in statements))
        done = subprocess.run([self.program, "db", "verify", "--verify", self.url, "-p", self.portrait, "--verify-production", "--statements", file, "--json", *words], stdout=subprocess.PIPE, text=True, cwd=self.folder)
        if done.returncode not in (0, 1) or not done.stdout.strip():
            raise RuntimeError(f"code {done.returncode}, for what it said")
        said = json.loads(done.stdout)
        for turn in said["earlier"] + [said]:
            for one in turn["indexes"]:
                if one["fate"] != "confirmed":
                    print(f"proven: {one['fate']}: {one['statement']}: {json.dumps(one['because'])[:300]}", flush=True)
        return [one["statement"] for one in said["indexes"] if one["fate"] == "confirmed"]

    def each(self, statements):
        """What it advises for each alone. EACH in the environment names the example `advise-each`, which raises one ghost
        for all of them and not one for each."""
        if "EACH" not in os.environ:
            return None
        file = f"{self.folder}/statements.sql"
        open(file, "w").write("".join(f"{one};\n" for one in statements))
        done = subprocess.run([os.environ["EACH"], self.portrait, file], capture_output=True, text=True, env=dict(os.environ, LOADLINE=self.program), check=True)
        return [["CREATE INDEX ON " + text for text in json.loads(line)["indexes"]] for line in done.stdout.splitlines()]

    def created(self, value):
        """Every CREATE INDEX in an answer, but for those of what was rejected, and of statements that would have to be
        written anew."""
        if isinstance(value, str):
            return [value] if re.match(r"(?i)create (unique )?index", value) else []
        if isinstance(value, list):
            return [one for item in value for one in self.created(item)]
        if isinstance(value, dict):
            return [one for name, item in value.items() if name not in ("rejected", "rewrites", "rollback", "steps") for one in self.created(item)]
        return []


def bare(create):
    """`CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON public.t USING …;` without what is before the table."""
    found = re.match(r'(?is)\s*create\s+(unique\s+)?index\s+(concurrently\s+)?(if\s+not\s+exists\s+)?("(?:[^"]|"")*"(\."(?:[^"]|"")*")?|[\w.]+)?\s*\bon\s+(only\s+)?(.*?);?\s*$', create)
    if not found:
        raise RuntimeError(f"not a CREATE INDEX: {create}")
    return found.group(7)


def alone(builder, case, advised, blind):
    """The word for what was advised for one statement, and why. `blind`: its values were not known."""
    texts = [bare(one) for one in advised]
    try:
        built = {text: builder.build(text) for text in texts}
    except RuntimeError as error:
        return "invalid", str(error).splitlines()[0]
    expected = [case.index] + case.also + (case.plain if blind else []) if case.index else []
    if not texts:
        if not case.index or blind and case.lost:
            return "right", "none"
        return "wrong", "none, for " + "; ".join(case.index)
    said = "; ".join(texts)
    mine = {cases.key(built[text][2]) for text in texts}
    for one in expected:
        if {cases.key(builder.build(text)[2]) for text in one} == mine:
            return "right", said
    best = [case.plain[0] if blind and case.plain else case.index] if case.index else []
    none, found, *rest = builder.measure(case.statement, [[], texts] + best)
    figures = f"{said}: {none.ms:.2f} ms without, {found.ms:.2f} with" + (f", {rest[0].ms:.2f} with {'; '.join(best[0])}" if rest else "")
    if not found.pays(none):
        return "useless", figures
    if rest and not found.as_good_as(rest[0], none):
        return "wrong", figures
    # What refers to a row that goes is looked for by triggers, which a plan does not show.
    idle = [text for text in texts if built[text][0] not in found.used] if not case.statement.startswith("DELETE") else []
    if idle:
        return "useless", f"not used: {'; '.join(idle)}; {figures}"
    return "right", figures


def each(builder, wanted, advisor, blind, out):
    known = cases.normalized() if blind else {}
    tally, took = Counter(), []
    # Whoever has a text from pg_stat_statements has the rows of a call as well.
    weight = "-- calls=1 rows={}\n" if isinstance(advisor, Loadline) else ""
    texts = [weight.format(known[case.name][1]) + known[case.name][0] if blind else case.statement for case in wanted]
    answers = advisor.each(texts) if isinstance(advisor, Loadline) else None
    for number, case in enumerate(wanted):
        began = time.monotonic()
        try:
            advised = answers[number] if answers else advisor.ask([texts[number]])
            took.append(time.monotonic() - began)
            word, why = alone(builder, case, advised, blind)
        except (RuntimeError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            word, why = "failed", str(error).splitlines()[0]
        tally[word] += 1
        print(f"{word:8} {'normalized' if blind else 'literal':10} {case.name}: {why}", file=out, flush=True)
        builder.drop(keep={text for _, one in case.sets() for text in one})
    builder.drop()
    return tally, took


def together(server, builder, wanted, advisor, out):
    """All in one: each statement has to be as fast with the whole set as with its own answer, and each index in use."""
    began = time.monotonic()
    texts = [bare(one) for one in advisor.ask([case.statement for case in wanted])]
    took, tally, used, bytes_ = time.monotonic() - began, Counter(), set(), 0
    whole = []
    for text in texts:
        try:
            bytes_ += builder.build(text)[1]
            whole.append(text)
        except RuntimeError as error:
            tally["invalid"] += 1
            print(f"invalid  together   {text}: {str(error).splitlines()[0]}", file=out, flush=True)
    for case in wanted:
        sets = [[], whole] + ([case.index] if case.index else [])
        none, found, *rest = builder.measure(case.statement, sets)
        used |= found.used
        good = found.as_good_as(rest[0], none) if rest else not none.pays(found)
        tally["right" if good else "wrong"] += 1
        if not good:
            print(f"wrong    together   {case.name}: {none.ms:.2f} ms without, {found.ms:.2f} with" + (f", {rest[0].ms:.2f} with {'; '.join(case.index)}" if rest else ""), file=out, flush=True)
        builder.drop(keep=set(whole))
    names = {builder.build(text)[0]: text for text in whole}
    # Looked for by triggers of foreign keys alone.
    for name in sorted(set(names) - used):
        tally["useless"] += 1
        print(f"useless  together   {names[name]}: no plan has it", file=out, flush=True)
    builder.drop()
    return tally, took, len(whole), bytes_


def run(server, wanted, advisor, parts):
    builder = Builder(server, "bazaar")
    lines = []
    for name, blind in ("literal", False), ("normalized", True):
        if name not in parts:
            continue
        tally, took = each(builder, wanted, advisor, blind, sys.stdout)
        lines.append(f"{name:12}" + "".join(f"{tally[kind]:9}" for kind in KINDS) + f"   {100 * tally['right'] / len(wanted):.1f} %, median {sorted(took)[len(took) // 2] if took else 0:.1f} s")
    if "together" in parts:
        tally, took, count, bytes_ = together(server, builder, wanted, advisor, sys.stdout)
        lines.append(f"{'together':12}" + "".join(f"{tally[kind]:9}" for kind in KINDS) + f"   {100 * tally['right'] / len(wanted):.1f} %, {took:.1f} s, {count} indexes, {bytes_ / 1e6:.0f} MB")
    print(f"\n{len(wanted)} cases  " + "".join(f"{kind:>9}" for kind in KINDS))
    print("\n".join(lines))
