"""Each answer held against the clock: the expert's must pay and be as good as the best, guesses must not pay."""

import os, sys

import cases
from measure import Builder


def run(server, wanted, file):
    """Prints each case with what was measured, and writes it to `file`, where other cases stay as they are; ends the
    program with 1 where an answer is wrong."""
    lines, wrong = [], 0
    builder = Builder(server, "bazaar")
    following = [{text for one in case.sets() for text in one[1]} for case in wanted] + [set()]
    for number, case in enumerate(wanted):
        sets = case.sets()
        try:
            builder.drop(keep={text for text in builder.built if text in following[number]})
            none, *found = builder.measure(case.statement, [[]] + [one for _, one in sets])
        except RuntimeError as error:
            wrong += 1
            print(f"{case.name}: {error}", flush=True)
            continue
        faults = []
        lines.append(f"{case.name}\tnone\t{none.ms:.3f}\t{none.pages}\t\t1\t")
        best = min([one for (kind, _), one in zip(sets, found) if kind in ("expert", "also")] or [none], key=lambda one: one.ms)
        for (kind, texts), one in zip(sets, found):
            lines.append(f"{case.name}\t{kind}\t{one.ms:.3f}\t{one.pages}\t{one.bytes}\t{one.ms / none.ms if none.ms else 1:.4f}\t{'; '.join(texts)}")
            if kind == "guess":
                # What no plan has pays nothing, whatever the clock says.
                if one.pays(none) and one.used:
                    faults.append(f"a guess pays: {'; '.join(texts)}: {one.ms:.2f} ms, {none.ms:.2f} ms without")
            elif kind == "less":
                if one.as_good_as(best, none):
                    faults.append(f"less is as good: {'; '.join(texts)}: {one.ms:.3f} ms, {best.ms:.3f} ms")
            elif not one.pays(none):
                faults.append(f"{kind} does not pay: {'; '.join(texts)}: {one.ms:.2f} ms, {none.ms:.2f} ms without")
            elif kind == "expert" and not one.as_good_as(best, none):
                faults.append(f"the expert's is not the best: {one.ms:.3f} ms, {best.ms:.3f} ms")
            elif kind == "also" and not one.as_good_as(best, none):
                faults.append(f"also is not as good: {'; '.join(texts)}: {one.ms:.3f} ms, {best.ms:.3f} ms")
        wrong += bool(faults)
        print(f"{'WRONG' if faults else 'right'} {case.name}: {none.ms:.2f} ms, " + ", ".join(f"{kind} {one.ms:.3f}" for (kind, _), one in zip(sets, found)) + f"; {none.rows} rows", flush=True)
        for fault in faults:
            print(f"      {fault}", flush=True)
    builder.drop()
    print(f"{len(wanted)} cases, {len(wanted) - wrong} as measured, {wrong} not")
    keep(file, "case\tanswer\tms\tpages\tbytes\tof none\tindexes", lines)
    keep(cases.NORMALIZED, "case\trows\ttext", ["\t".join([case.name, *normalized(server, case.statement)]) for case in wanted])
    if wrong:
        sys.exit(1)


def keep(file, head, lines):
    """Writes lines that begin with a case into the place of older ones of those cases, in the order of the cases."""
    new = {line.split("\t")[0] for line in lines}
    old = [line for line in open(file).read().splitlines()[1:] if line.split("\t")[0] not in new] if os.path.exists(file) else []
    place = {case.name: number for number, case in enumerate(cases.read())}
    both = sorted((line for line in old + lines if line.split("\t")[0] in place), key=lambda line: place[line.split("\t")[0]])
    open(file, "w").write("\n".join([head, *both]) + "\n")


def normalized(server, statement):
    """The statement as pg_stat_statements keeps it, and the rows of a call."""
    script = f"SET pg_stat_statements.track = 'top'; SELECT pg_stat_statements_reset() \\g /dev/null\nBEGIN;\n{statement} \\g /dev/null\nROLLBACK;\nSELECT replace(query, E'\\n', ' '), rows FROM pg_stat_statements WHERE query !~ 'pg_stat_statements' AND calls > 0"
    said = [line for line in server.psql("bazaar", script, rows=True).splitlines() if "|" in line]
    text, rows = said[-1].rsplit("|", 1)
    return rows, text
