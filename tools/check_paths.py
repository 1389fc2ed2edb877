"""Checks that the documents name no file that does not exist.

Two kinds of names count: relative links, and paths in backquotes that begin with a directory of this repository.
Run from anywhere; prints the offending lines and exits with 1.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"target", ".venv", ".venv-bench", ".git", "node_modules", "build", "dist", ".pytest_cache"}
TOP = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and entry.name not in SKIPPED}
# Made by building or running; a document may speak of them.
MADE = ("target/", ".venv", "dist/", "build/")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\s]+)`")
FENCE = re.compile(r"^\s*(```|~~~)")
BRACES = re.compile(r"\{([^{}]*)\}")


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        if not SKIPPED.intersection(path.relative_to(ROOT).parts):
            yield path


def expand(name):
    """The names that `a/{b,c}.rs` stands for."""
    match = BRACES.search(name)
    if not match:
        return [name]
    head, tail = name[: match.start()], name[match.end() :]
    return [full for part in match[1].split(",") for full in expand(head + part.strip() + tail)]


def looks_like_path(text):
    first = text.removeprefix("./").split("/")[0]
    return "/" in text and first in TOP and not re.search(r"[<>$=()]|\.\.\.|…", text)


def names_in(line):
    for target in LINK.findall(line):
        if not re.match(r"[a-z]+:|#", target):
            yield target.split("#")[0]
    for text in QUOTED.findall(line):
        text = re.sub(r"(:\d+|::.*)$", "", text)
        if looks_like_path(text):
            yield text


def exists(name, document):
    if name.startswith(MADE):
        return True
    for base in (document.parent, ROOT):
        if "*" in name:
            if any(base.glob(name.rstrip("/"))):
                return True
        elif (base / name).exists():
            return True
    return False


def main():
    wrong = []
    count = 0
    for document in documents():
        fenced = False
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            if FENCE.match(line):
                fenced = not fenced
            elif not fenced:
                for name in names_in(line):
                    for full in expand(name):
                        count += 1
                        if not exists(full, document):
                            wrong.append(f"{document.relative_to(ROOT)}:{number}: {full} does not exist")
    print(*wrong, sep="\n") if wrong else print(f"{count} paths named in documents, all exist")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
