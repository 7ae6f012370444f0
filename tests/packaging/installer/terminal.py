"""A terminal that types an answer, once it is asked and nothing typed is shown.

    terminal.py ANSWER COMMAND...      ANSWER is a file

Prints what the terminal showed, and whether it was asked and shows again what is typed; ends as the
command does, or after a minute.
"""

import fcntl
import os
import pty
import subprocess
import sys
import termios
import time

QUESTION = b"Token (not shown): "


def shows(terminal):
    """Whether it shows what is typed."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def read(terminal):
    """What it has shown since the last time."""
    try:
        return os.read(terminal, 65536)
    except BlockingIOError:
        return b""


def start(command, terminal):
    """The command with this as the terminal that controls it, and with no other input."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
                            start_new_session=True,
                            preexec_fn=lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0))


def main(file, *command):
    with open(file, "rb") as answers:
        answer = answers.read()
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    run = start(command, theirs)
    seen, until = b"", time.monotonic() + 60
    while (code := run.poll()) is None and time.monotonic() < until:
        time.sleep(0.05)
        seen += read(ours)
        if answer and QUESTION in seen and not shows(theirs):
            os.write(ours, answer)
            answer = b""
    # Ctrl-C ends them all, and who started the installer may be gone before it.
    until = time.monotonic() + 10
    while not shows(theirs) and time.monotonic() < until:
        time.sleep(0.05)
    seen += read(ours)
    print(seen.decode(), f"\nasked: {not answer}, shows again: {shows(theirs)}")
    sys.exit(1 if code is None else code)


main(*sys.argv[1:])
