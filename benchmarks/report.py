"""Rows as people read them: on the terminal, and as a record in Markdown."""

from measure import REFERENCE

#: Units with the number of them in a second.
UNITS = (("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))


def time_text(seconds):
    """Three digits and the unit that suits them."""
    unit, scale = next(((unit, scale) for unit, scale in UNITS if seconds * scale >= 1), UNITS[-1])
    value = seconds * scale
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f} {unit}"


def ratio_text(row, other):
    """How many times as long as numtile the other takes."""
    if not row.has_interval(other):
        return f"{row.median(other) / row.median(REFERENCE):.2f} (one round)"
    ratio, low, high = row.ratio(other)
    return f"{ratio:.2f} ({low:.2f} to {high:.2f})"


def ranked(row):
    """numtile first, then the others, the fastest first."""
    return sorted(row.seconds, key=lambda name: (name != REFERENCE, row.median(name)))


def show(row):
    print(f"\n{row.name}")
    width = max(map(len, row.seconds), default=0)
    for name in ranked(row):
        line = f"  {name:<{width}}  {time_text(row.median(name)):>8}"
        print(line if name == REFERENCE else f"{line}   {ratio_text(row, name)}")
    for note in row.notes:
        print(f"  {note}")
    for aim, reached in row.verdicts:
        print(f"  {aim}: {'yes' if reached else 'NO'}", flush=True)


def missed(rows):
    return [(row.name, aim) for row in rows for aim, reached in row.verdicts if not reached]


def markdown(title, machine, suites):
    """A record: the machine, a table for each suite, and what was missed."""
    lines = [f"# {title}", "", *(f"{line}  " for line in machine), ""]
    lines += ["Medians; ratios are contestant ÷ numtile with their 95 % interval, of runs in turns. `make bench` measures this anew."]
    for name, rows in suites.items():
        lines += ["", f"## {name}", "", "| row | numtile | best peer | its ratio | others | remarks |", "|---|---|---|---|---|---|"]
        lines += [f"| {' | '.join(cells(row))} |" for row in rows]
    short = missed([row for rows in suites.values() for row in rows])
    lines += ["", "## Missed", "", *(f"- {row}: {aim}" for row, aim in short)] if short else ["", "No aim was missed."]
    return "\n".join(lines) + "\n"


def cells(row):
    if not row.seconds:
        return [row.name, "", "", "", "", "; ".join(row.notes)]
    best = row.best_peer()
    others = [name for name in ranked(row) if name not in (REFERENCE, best)]
    return [
        row.name.replace("|", "\\|"),
        time_text(row.median(REFERENCE)),
        f"{best} {time_text(row.median(best))}" if best else "",
        ratio_text(row, best) if best else "",
        ", ".join(f"{name} {time_text(row.median(name))}" for name in others),
        "; ".join(row.notes),
    ]
