"""Runs an installer cut at every byte before its end, as a shell does that it is piped into.

    cuts.py INSTALLER FOLDER      FOLDER is made, and stays empty: no program is found there
"""

import os
import subprocess
import sys


def tried(text, folder):
    """What the shell tried to run and did not find, and what else came of it."""
    run = subprocess.run(["/bin/dash", "-s"], input=text, capture_output=True,
                         env={"PATH": folder}, cwd=folder)
    lines = run.stderr.decode().splitlines()
    names = [line.split(": ")[-2] for line in lines if line.endswith("not found")]
    return names, run.stdout or os.listdir(folder)


def main(installer, folder):
    with open(installer, "rb") as file:
        text = file.read()
    os.makedirs(folder)
    last = text.rindex(b"{ ki_main")
    for cut in range(last + text[last:].index(b"}")):
        names, traces = tried(text[:cut], folder)
        # A word of the script's own that was cut short is no program of anybody's.
        if traces or any(not "ki_main".startswith(name[:3]) for name in names):
            sys.exit(f"cut at {cut}: {names} {traces!r}")


main(*sys.argv[1:])
