"""The cases: a statement, the indexes that an expert would build for it, others that do as well, or none."""

import glob, os, re
from dataclasses import dataclass, field

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
# Name, rows of a call, and the text that pg_stat_statements has: `bench/advise confirm` writes it.
NORMALIZED = os.path.join(os.path.dirname(FOLDER), "normalized.tsv")


@dataclass
class Case:
    """`index`, `also`, `less`, `plain` and `guess` are sets of indexes, each without its `CREATE INDEX ON`."""

    name: str
    statement: str = ""
    index: list = field(default_factory=list)  # what an expert would build; empty: none
    also: list = field(default_factory=list)  # does as well
    less: list = field(default_factory=list)  # does not as well
    plain: list = field(default_factory=list)  # the answer where the values are not known
    guess: list = field(default_factory=list)  # what one would try first, and does not pay
    lost: bool = False  # nothing can be advised for the normalized text

    def sets(self):
        """All that is to be built for it: what it is, and its indexes."""
        named = ([("expert", self.index)] if self.index else []) + [("also", one) for one in self.also] + [("less", one) for one in self.less] + [("plain", one) for one in self.plain] + [("guess", one) for one in self.guess]
        seen, found = [], []
        for kind, one in named:
            if one not in seen:
                seen.append(one)
                found.append((kind, one))
        return found


def split(text):
    return [one.strip() for one in text.split(";")]


def read(pattern=None):
    found = []
    for file in sorted(glob.glob(f"{FOLDER}/*.sql"), key=lambda path: int(os.path.basename(path).split("-")[0])):
        for block in re.split(r"\n\s*\n", open(file).read().strip())[1:]:
            *words, statement = block.splitlines()
            case = Case(words[0].removeprefix("-- "), statement.rstrip(";"))
            for line in words[1:]:
                key, _, rest = line.removeprefix("-- ").partition(" ")
                if key == "index":
                    case.index = split(rest)
                elif key == "normalized" and rest == "none":
                    case.lost = True
                elif key in ("also", "less", "plain", "guess"):
                    getattr(case, key).append(split(rest))
                else:
                    raise SystemExit(f"{file}: {case.name}: `{line}` is none of index, also, less, plain, guess, normalized none")
            found.append(case)
    names = [case.name for case in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"two cases of one name: {', '.join(sorted(twice))}")
    return [case for case in found if not pattern or re.search(pattern, case.name)]


def normalized():
    """The normalized text and the rows of a call by the name of the case."""
    lines = [line.rstrip("\n").split("\t", 2) for line in open(NORMALIZED)][1:]
    return {name: (text, int(rows)) for name, rows, text in lines}


def key(definition):
    """What two definitions of the same index have in common: its name, its scheme and harmless words are left out."""
    text = re.sub(r"(?i)^\s*create\s+(unique\s+)?index\s+(concurrently\s+)?(if\s+not\s+exists\s+)?.*?\bon\s+(only\s+)?", "", definition.strip().rstrip(";"))
    text = re.sub(r"(?i)\busing btree\b", "", text)
    text = re.sub(r'"', "", text).replace("public.", "")
    text = re.sub(r"::(text|bpchar|character varying)(\[\])?", "", text)
    return re.sub(r"\s+", "", text).lower()
