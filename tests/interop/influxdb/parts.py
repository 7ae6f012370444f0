"""The servers, and the agent, as processes that are stopped again."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

STARTED = []


def free_port():
    """A port that nobody has: the kernel gives others to who asks next."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, log, environment=None):
    """Starts a process that `stop_all` ends."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **(environment or {})}
        )
    STARTED.append(process)
    return process


def stop(process):
    """Ends one by its number, and waits for it."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    STARTED.remove(process)


def stop_all():
    """Ends what is still there."""
    for process in list(STARTED):
        stop(process)


def until(condition, seconds, what):
    """Waits for something to be true."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def request(url, data=None, login=None):
    """Status and body of an answer; status 0 where nobody answers."""
    asked = urllib.request.Request(url, data=data)
    if login:
        asked.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


class Influx:
    """An InfluxDB 1.x that wants passwords."""

    LOGIN = "admin:secret"

    def __init__(self, work):
        self.work, self.port, self.process = work, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = f"{work}/influxdb.conf"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                f"""
reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
  dir = "{work}/meta"
[data]
  dir = "{work}/data"
  wal-dir = "{work}/wal"
[http]
  bind-address = "127.0.0.1:{self.port}"
  auth-enabled = true
  log-enabled = false
[monitor]
  store-enabled = false
"""
            )
        self.start()
        self.query("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES", login=None)

    def start(self):
        """Starts it, and waits until it answers."""
        self.process = start(["influxd", "-config", self.config], f"{self.work}/influxd.log")
        until(lambda: request(f"{self.url}/ping")[0] == 204, 30, "influxd answers")

    def stop(self):
        """Stops it."""
        stop(self.process)

    def version(self):
        """Its name and version."""
        answer = subprocess.run(["influxd", "version"], capture_output=True, check=True, text=True)
        return answer.stdout.strip()

    def query(self, text, database="", login=LOGIN):
        """Runs InfluxQL; the series of the only statement."""
        fields = urllib.parse.urlencode({"q": text, "db": database, "epoch": "s"}).encode()
        status, body = request(f"{self.url}/query", fields, login)
        assert status == 200, f"{text}: status {status} {body}"
        result = json.loads(body)["results"][0]
        assert "error" not in result, f"{text}: {result}"
        return result.get("series", [])

    def write(self, database, lines):
        """Writes points of its own."""
        path = f"{self.url}/write?db={database}&precision=s"
        status, body = request(path, lines.encode(), self.LOGIN)
        assert status == 204, body


class Victoria:
    """A VictoriaMetrics."""

    def __init__(self, work):
        self.url = f"http://127.0.0.1:{free_port()}"
        command = [
            "victoria-metrics",
            f"-storageDataPath={work}/victoria",
            f"-httpListenAddr={self.url.split('//')[1]}",
            "-search.latencyOffset=0s",
        ]
        start(command, f"{work}/victoria.log")
        until(lambda: request(f"{self.url}/health")[0] == 200, 30, "victoria-metrics answers")

    def version(self):
        """Its name and version."""
        _, body = request(f"{self.url}/metrics")
        found = re.search(r'short_version="([^"]*)"', body.decode())
        packaged = subprocess.run(
            ["dpkg-query", "-f", "${Version}", "-W", "victoria-metrics"],
            capture_output=True, check=False, text=True,
        )
        return f"VictoriaMetrics {found[1] if found and found[1] else packaged.stdout}"

    def query(self, text):
        """Runs PromQL; the series that there are."""
        _, body = request(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": text}))
        return json.loads(body)["data"]["result"]


class Agent:
    """The agent with one server of its own."""

    def __init__(self, program, folder, url, token="", interval="1s", **keys):
        os.makedirs(folder)
        self.program, self.folder = program, folder
        self.token, self.config, self.log = (f"{folder}/{it}" for it in ("token", "toml", "log"))
        self.process = None
        os.makedirs(f"{folder}/custom")
        with open(f"{folder}/custom/a.prom", "w", encoding="utf-8") as file:
            file.write('backup_age_seconds{job="home"} 3600\n')
        lines = [
            f'interval = "{interval}"',
            "[custom]",
            f'dir = "{folder}/custom"',
            "[processes]",
            "enabled = true",
            "[[server]]",
            'protocol = "influxdb"',
            f'url = "{url}"',
            *(f"{key} = {value}" for key, value in keys.items()),
        ]
        if token:
            self.set_token(token)
            lines.append(f'token_file = "{self.token}"')
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))

    def set_token(self, token):
        """Writes the password."""
        with open(self.token, "w", encoding="utf-8") as file:
            file.write(token)
        os.chmod(self.token, 0o600)

    def run(self):
        """Begins to report."""
        command = [self.program, "run", "--config", self.config]
        self.process = start(command, self.log, {"KINGLET_LOG": "info"})
        return self

    def stop(self):
        """Ends it."""
        stop(self.process)

    def check(self):
        """Status and words of `kinglet check`."""
        command = [self.program, "check", "--config", self.config]
        said = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
        return said.returncode, said.stdout

    def said(self):
        """The log so far."""
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def says(self, words, seconds=20):
        """Waits for words in the log."""
        until(lambda: words in self.said(), seconds, f"the log says {words!r}")
