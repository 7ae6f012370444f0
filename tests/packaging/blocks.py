"""The blocks of commands in a document, each as its marker says it is to be tried.

    blocks.py DOCUMENT FOLDER      writes FOLDER/NN, and prints for each NN, its line, how
    blocks.py --check DOCUMENT...  says which are not marked

A block is what stands between two fences. Those of commands, without a language, as `sh` or as
`console`, are marked in the line before, where no reader sees it:

    <!-- test: WHERE, HOW -->

    project               in the project's folder
    site                  where what was built is served, until the test ends
    machine               as root on a Debian 12 with systemd; variables stay
    archive               the same, in the folder that a release's tarball makes
    containers            with docker; tests/packaging/images
    file PATH             no commands but the whole of that file, on the machine
    elsewhere FILE: WHY   FILE tries it
    not here, WHY         nobody can

    until "TEXT"          runs until it says so, and is then ended by Ctrl-C
    then paste            the line that it prints is run as well
    then up, then down    what was started must be so, or gone
    given a token         typed, with Enter and Ctrl-D
    asked for a token     by the terminal, which does not show it
    at hub.example.org    where a hub is, with a certificate that the machine knows
    with a newer release  served from now on
    with an alert         which is open, of the host web-1; TOKEN is who may silence it
    last                  after everything else
"""

import pathlib
import re
import sys

COMMANDS = {"", "sh", "console"}
FENCE = re.compile(r"\s*```(\w*)$")
MARKER = re.compile(r"<!-- test: (.+) -->$")
WHERE = re.compile(r"(project|site|machine|archive|containers|file /\S+|elsewhere [^\s:]+: .+"
                   r"|not here, .+)$")
HOW = re.compile(r'(until "[^"]+"|then (?:paste|up|down)|(?:given|asked for) a token'
                 r"|at hub\.example\.org|with a newer release|with an alert|last)$")


def blocks(path):
    """(line, marker or None, language, text) of each block, and of each that has no fences."""
    lines = pathlib.Path(path).read_text().splitlines()
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        if opened:
            end = next(i for i in range(at + 1, len(lines)) if lines[i].strip() == "```")
            marker = MARKER.match(lines[at - 1]) if at else None
            yield at + 1, marker and marker[1], opened[1], "\n".join(lines[at + 1:end]) + "\n"
            at = end
        elif re.match(r"    \S", lines[at]) and (at == 0 or not lines[at - 1].strip()):
            yield at + 1, None, "", lines[at]
        elif MARKER.match(lines[at]) and not FENCE.match((lines + [""] * 2)[at + 1]):
            yield at + 1, "a marker of no block", "", lines[at]
        at += 1


def split(marker):
    """A marker's where and hows; reasons have commas of their own."""
    if marker.startswith(("elsewhere ", "not here, ")):
        return marker, []
    where, *hows = marker.split(", ")
    return where, hows


def fault(marker, text):
    """What is wrong with a block's marker, or None."""
    if marker is None:
        return f"is not marked: {text.splitlines()[0]}"
    where, hows = split(marker)
    wrong = [part for part in hows if not HOW.match(part)]
    if not WHERE.match(where) or wrong:
        return f"is marked with what nobody knows: {marker}"
    if where.startswith("elsewhere "):
        other = where.split()[1].rstrip(":")
        if not pathlib.Path(other).exists():
            return f"is tried by {other}, which is not there"
    return None


def marked(path):
    """The blocks to be tried: (line, marker, text); the whole document is refused for a fault."""
    found = [(line, marker, text) for line, marker, language, text in blocks(path)
             if language in COMMANDS or marker]
    faults = [f"{path}:{line}: {what}" for line, marker, text in found
              if (what := fault(marker, text))]
    if faults:
        sys.exit("\n".join(faults))
    return found


def main(document, folder):
    pathlib.Path(folder).mkdir()
    found = marked(document)
    # Stable: those that are last keep their order too.
    found.sort(key=lambda block: "last" in split(block[1])[1])
    for number, (line, marker, text) in enumerate(found):
        (pathlib.Path(folder) / f"{number:02}").write_text(text)
        print(f"{number:02}\t{line}\t{marker}")


if sys.argv[1] == "--check":
    for name in sys.argv[2:]:
        print(f"{name}: {len(marked(name))} blocks of commands")
else:
    main(*sys.argv[1:])
