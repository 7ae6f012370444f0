"""Programs that run beside a test: brokers and the agent, with what they said so far."""

import atexit
import os
import re
import signal
import socket
import subprocess
import time


def free_port():
    """A port on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Process:
    """A program, its output in a file of its own. It does not outlive us."""

    def __init__(self, name, arguments, **options):
        self.log = f"{name}.{free_port()}.log"
        with open(self.log, "wb") as log:
            self.running = subprocess.Popen(
                arguments, stdout=log, stderr=subprocess.STDOUT, **options
            )
        atexit.register(self.running.kill)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def count(self, pattern):
        return len(re.findall(pattern, self.said()))

    def wait_for(self, pattern, times=1, seconds=60):
        """Waits until it has said this; returns the line's match."""
        until = time.monotonic() + seconds
        while True:
            found = list(re.finditer(pattern, self.said()))
            if len(found) >= times:
                return found[times - 1]
            ended = self.running.poll() is not None
            if ended or time.monotonic() > until:
                raise AssertionError(f"no {pattern!r} in:\n{self.said()[-4000:]}")
            time.sleep(0.05)

    def stop(self, with_signal=signal.SIGTERM, seconds=30):
        """Ends it; returns its exit code and how long it took."""
        begun = time.monotonic()
        if self.running.poll() is None:
            self.running.send_signal(with_signal)
        return self.running.wait(timeout=seconds), time.monotonic() - begun


class Agent(Process):
    """The agent, with one server and a second between two reports."""

    def __init__(self, program, url, token="", interval="1s", proc=None, **settings):
        port = free_port()
        config = f"agent.{port}.toml"
        lines = [f'interval = "{interval}"', "[host]", 'id = "pi-1"', "[[server]]"]
        lines += ['protocol = "stomp"', f'url = "{url}"']
        for key, value in settings.items():
            lines.append(f"{key} = {value!r}".replace("'", '"'))
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        own = {"KINGLET_CONFIG": config, "KINGLET_LOG": "debug", "NO_COLOR": "1"}
        if token:
            own["KINGLET_TOKEN"] = token
        if proc:
            own["HOST_PROC"] = proc
        kept = {key: value for key, value in os.environ.items() if not key.startswith("KINGLET_")}
        super().__init__("agent", [program, "run"], env=kept | own)
