"""A hub with a channel of each kind; an agent whose alerts fire and end; what comes where."""

import asyncio
import hashlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from importlib.metadata import version

import websockets

warnings.simplefilter("ignore")
logging.disable()
from servers import Liar, MailServer, Web, free_port

HUB = sys.argv[1]
SECRETS = {
    "ntfy": "tk_s3cret", "gotify": "A.gotify-key", "telegram": "123:bot-s3cret",
    "mail": "pa55-Wort", "hook": "hook-pa55", "wrong": "wr0ng-pa55",
}
passed = failed = 0


def expect(what, good, shown=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}: {shown}")


def within(seconds, condition):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


class Lab:
    def __init__(self):
        self.web = Web()
        self.starttls = MailServer("starttls", "PLAIN")
        self.implicit = MailServer("implicit", "LOGIN")
        self.clear = MailServer("none", None)
        self.clear.box.refuses.add("nobody@example.org")
        self.port = free_port()
        self.log = pathlib.Path("log")
        self.hub = None
        for name, secret in SECRETS.items():
            pathlib.Path(name).write_text(secret + "\n")
        pathlib.Path("discord").write_text(self.web.url + "/discord/webhooks/1/hook-s3cret\n")
        pathlib.Path("slack").write_text(self.web.url + "/slack/services/T0/B0/slack-s3cret\n")
        self.write_config()

    def channels(self):
        """Name, kind and the rest of each."""
        url, own = self.web.url, "ca_file = \"ca.pem\"\nfrom = \"Kinglet <hub@example.org>\"\n"
        to = "to = \"me@example.org\"\n"
        login = "user = \"hub\"\npassword_file = \"mail\"\n"
        web = lambda path, more="": ("webhook", f'url = "{url}/{path}"\n{more}')
        return {
            "starttls": ("smtp", f'url = "smtp://127.0.0.1:{self.starttls.port}"\n{own}{login}'
                         'to = ["me@example.org", "Kö <you@example.org>"]\n'),
            "implicit": ("smtp", f'url = "smtps://127.0.0.1:{self.implicit.port}"\n'
                         f'{own}{login}{to}'),
            "clear": ("smtp", f'url = "smtp://127.0.0.1:{self.clear.port}"\n'
                      'from = "hub@example.org"\n'
                      'to = ["me@example.org", "nobody@example.org"]\n'),
            "ntfy": ("ntfy", f'url = "{url}/ntfy"\ntopic = "alerts"\ntoken_file = "ntfy"\n'),
            "gotify": ("gotify", f'url = "{url}/gotify"\ntoken_file = "gotify"\n'),
            "telegram": ("telegram", f'url = "{url}/telegram"\n'
                         'token_file = "telegram"\nchat = -1001\n'),
            "discord": ("discord", 'url_file = "discord"\n'),
            "slack": ("slack", 'url_file = "slack"\n'),
            "hook": web("hook?x=1", 'user = "me"\npassword_file = "hook"\n'
                        "template = '{\"summary\": \"{subject}\", \"details\": \"{text}\"}'\n"),
            "whole": web("whole"), "busy": web("busy"), "limited": web("limited"),
            "cut": web("cut"), "slow": web("slow"), "stranger": web("stranger"),
            "gone": web("gone"), "few": web("few", "per_hour = 1\nresolved = false\n"),
            "critical": web("critical", 'level = "critical"\nhosts = ["pi"]\n'),
        }

    def write_config(self):
        """Two files: 16 channels are the most that a hub has."""
        digest = lambda text: "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        head = (
            f'listen = "127.0.0.1:{self.port}"\nstate_dir = "state"\n'
            f'[viewers]\ntoken_hash = "{digest("viewer")}"\n'
            f'[fleet]\ntoken_hash = "{digest("fleet")}"\n'
        )
        table = lambda name, kind, rest: f'[[notify]]\nname = "{name}"\nkind = "{kind}"\n{rest}'
        texts = [table(name, *rest) for name, rest in self.channels().items()]
        for path, some in [("a.toml", texts[:9]), ("b.toml", texts[9:])]:
            pathlib.Path(path).write_text(head + "".join(some))

    def start(self, config):
        with open(self.log, "a") as log:
            self.hub = subprocess.Popen([HUB, "run", "--config", config], stderr=log)
        assert within(20, lambda: self.ask("/healthz")[0] == 200), self.log.read_text()

    def stop(self):
        self.hub.terminate()
        assert self.hub.wait(10) == 0

    def ask(self, path, method="GET", token=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    async def tell(self, *alerts):
        uri = f"ws://127.0.0.1:{self.port}/ws/agent?token=fleet&client_id=pi"
        async with websockets.connect(uri) as agent:
            await agent.recv()
            for alert in alerts:
                await agent.send(json.dumps({"type": "alert", "id": "1", "data": alert}))
            await asyncio.wait_for(await agent.ping(), 5)


def fired(alert_id, level="critical", **more):
    return {
        "alert_id": alert_id, "type": "filesystems", "level": level, "title": "Disk almost full ☃",
        "message": "/srv is 93.3% full\n.\n@everyone <!channel>", "value": 93.3, "threshold": 90.0,
        "status": "active", "metadata": {"suggestion": "make room"}, **more,
    }


def over(alert_id):
    return {
        "alert_id": alert_id, "type": "filesystems", "level": "critical", "status": "resolved",
        "resolved_at": "2026-11-27T04:00:00.000Z", "resolution": "the figure is well again",
        "resolved_by": "kinglet",
    }


def run(*arguments):
    done = subprocess.run([HUB, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def check_command(lab):
    code, text = run("check", "--config", "a.toml")
    expect("check", code == 0, text)
    code, text = run("notify", "--config", "b.toml")
    line = "critical: webhook, critical and above, hosts pi, 30 an hour"
    expect("the list", code == 0 and line in text, text)
    code, text = run("notify", "--config", "a.toml", "--test")
    sent = [f"{name}: sent" for name in list(lab.channels())[:9] if name != "clear"]
    expect("a test of each", all(line in text for line in sent), text)
    expect("whom it did not reach", "clear: not sent: to nobody@example.org: 550" in text, text)
    expect("and one that is not there is an error", code == 1, text)
    code, text = run("notify", "--config", "b.toml", "--test", "stranger")
    refused = "401 Unauthorized: who are you? (mend"
    expect("a refused test", code == 1 and refused in text, text)
    code, text = run("notify", "--config", "b.toml", "--test", "nonsense")
    expect("no such channel", code == 2 and "there is whole, busy" in text, text)
    pathlib.Path("mail").write_text(SECRETS["wrong"])
    code, text = run("notify", "--config", "a.toml", "--test", "starttls")
    hint = "(mend the user or password)"
    expect("a wrong password", code == 1 and "login: 535" in text and hint in text, text)
    code, text = run("notify", "--config", "a.toml", "--test", "implicit")
    expect("the same by LOGIN", code == 1 and "login: 535" in text, text)
    pathlib.Path("mail").write_text(SECRETS["mail"])
    changed = lambda a, b: pathlib.Path("c.toml").write_text(
        pathlib.Path("a.toml").read_text().replace(a, b))
    changed('ca_file = "ca.pem"\n', "")
    code, text = run("notify", "--config", "c.toml", "--test", "implicit")
    expect("a stranger's certificate", code == 1 and "tls with 127.0.0.1:" in text, text)
    changed(f":{lab.starttls.port}", f":{lab.clear.port}")
    code, text = run("notify", "--config", "c.toml", "--test", "starttls")
    expect("no STARTTLS, no word", code == 1 and "offers no STARTTLS" in text, text)
    liar = Liar()
    changed(f":{lab.starttls.port}", f":{liar.port}")
    code, text = run("notify", "--config", "c.toml", "--test", "starttls")
    expect("what came before TLS is nothing", "offers no login" in text, text)
    expect("and draws nothing", within(5, lambda: liar.heard == [b""]), liar.heard)
    pathlib.Path("gotify").rename("gotify.away")
    code, text = run("check", "--config", "a.toml")
    missing = "[[notify]] gotify: gotify: No such"
    expect("a file that is not there", code == 2 and missing in text, text)
    pathlib.Path("gotify.away").rename("gotify")
    for box in (lab.starttls.box, lab.implicit.box, lab.clear.box):
        box.letters.clear()
    lab.web.asked.clear()


async def check_kinds(lab):
    """What each service gets of an alert that fires, is said again, and ends."""
    lab.start("a.toml")
    alert = fired("disk")
    await lab.tell(alert, alert, over("disk"), over("disk"))
    boxes = {"starttls": lab.starttls.box, "implicit": lab.implicit.box, "clear": lab.clear.box}
    for name, box in boxes.items():
        expect(f"{name}: two letters", within(15, lambda: len(box.letters) == 2))
        letter = box.letters[0]
        expect(f"{name}: the subject", letter["Subject"] == "[critical] pi: Disk almost full ☃")
        text = letter.get_content().replace("\r", "")
        expect(f"{name}: the text", "93.3% full\n.\n@everyone" in text, text)
        expect(f"{name}: it is over", box.letters[1]["Subject"] == "Over: pi: Disk almost full ☃")
        expect(f"{name}: logged in", letter.logged_in == (name != "clear"))
    to = lab.starttls.box.letters[0].sent_to
    expect("to both", to == ["me@example.org", "you@example.org"], to)
    for name in ("ntfy", "gotify", "telegram", "discord", "slack", "hook"):
        two = within(15, lambda: len(lab.web.of(name)) == 2)
        expect(f"{name}: two notices", two, lab.web.of(name))
    reports = json.loads(lab.ask("/api/notify", token="viewer")[1])["channels"]
    expect("all are there", [row["sent"] for row in reports] == [2] * 9, reports)
    expect("all are well", sum(row["state"] == "ok" for row in reports) == 8, reports)
    lines = lab.log.read_text().count("no such user")
    expect("one log line for whom it does not reach", lines == 1, lines)
    show(lab)


def check_rest(lab):
    test = "/api/notify/ntfy/test"
    expect("no token", lab.ask(test, "POST")[0] == 401)
    expect("an agent's token", lab.ask(test, "POST", "fleet")[0] == 401)
    expect("no such channel", lab.ask("/api/notify/x/test", "POST", "viewer")[0] == 404)
    expect("only by POST", lab.ask(test, token="viewer")[0] == 405)
    expect("a test", lab.ask(test, "POST", "viewer") == (200, '{"sent":true}'))
    expect("it came", lab.web.bodies("ntfy")[-1]["title"] == 'Test of "ntfy"')
    code, text = lab.ask(test, "POST", "viewer")
    expect("not one after the other", code == 502 and "less than 10 s ago" in text, text)
    text = lab.ask("/metrics", token="viewer")[1]
    line = 'kinglet_hub_notify_sent_total{name="ntfy",kind="ntfy"} 2'
    expect("counted", line in text, text[-2000:])
    expect("health", '"notify":"' in lab.ask("/healthz", token="viewer")[1])


async def check_restart(lab):
    """After a restart agents tell what is open; it was told, and its end is news."""
    before = len(lab.web.of("ntfy"))
    await lab.tell(fired("kept", "warning"))
    expect("told", within(10, lambda: len(lab.web.of("ntfy")) == before + 1))
    lab.stop()
    lab.start("a.toml")
    await lab.tell(fired("kept", "warning"), over("kept"))
    expect("it ends", within(10, lambda: len(lab.web.of("ntfy")) > before + 1))
    titles = [body["title"] for body in lab.web.bodies("ntfy")[before:]]
    due = ["pi: Disk almost full ☃", "Over: pi: Disk almost full ☃"]
    expect("and was not told again", titles == due, titles)
    lab.stop()


async def check_refusals(lab):
    lab.start("b.toml")
    began = time.time()
    await lab.tell(fired("one"), fired("two", "warning"), over("one"))
    for name in ("whole", "slow", "busy", "limited", "cut"):
        count = {"busy": 5, "limited": 4, "cut": 4}.get(name, 3)
        found = within(25, lambda: len(lab.web.of(name)) == count)
        expect(f"{name}: all three in the end", found, len(lab.web.of(name)))
    asked = lab.web.of("whole")
    expect("nobody waits for another", asked[2]["at"] - began < 2, asked[2]["at"] - began)
    states = [json.loads(request["body"])["state"] for request in asked]
    expect("in order", states == ["fired", "fired", "resolved"], states)
    pause = lambda name: lab.web.of(name)[1]["at"] - lab.web.of(name)[0]["at"]
    expect("Retry-After is kept", 1.9 < pause("limited") < 4, pause("limited"))
    expect("and Telegram's", 0.9 < pause("busy") < 3, pause("busy"))
    expect("what is cut comes again", 2 < pause("cut") < 6, pause("cut"))
    for name in ("stranger", "gone"):
        expect(f"{name}: each asked once", len(lab.web.of(name)) == 3, len(lab.web.of(name)))
    expect("only the worst", len(lab.web.of("critical")) == 2, lab.web.of("critical"))
    expect("one an hour", len(lab.web.of("few")) == 1, lab.web.of("few"))
    text = lab.ask("/metrics", token="viewer")[1]
    for line in ('failed_total{name="gone",kind="webhook"} 3', 'up{name="gone",kind="webhook"} 0',
                 'held_back_total{name="few",kind="webhook"} 1', 'up{name="cut",kind="webhook"} 1'):
        expect(line, f"kinglet_hub_notify_{line}" in text, text[-3000:])
    lab.stop()
    log = lab.log.read_text()
    for line in ("stranger: a notice was refused", "gone: a notice was refused", "busy: ",
                 "limited: ", "cut: ", "few: too many alerts to tell"):
        lines = [found for found in log.splitlines() if f"notify {line}" in found]
        due = 1 if line.count(" ") > 1 else 2
        expect(f"said once: {line}", len(lines) == due, lines)


def check_secrets(lab):
    kept = "".join(path.read_text() for path in pathlib.Path("state").glob("*.json"))
    said = lab.log.read_text() + kept + run("notify", "--config", "a.toml")[1]
    secrets = [*SECRETS.values(), "hook-s3cret", "slack-s3cret"]
    expect("no secret is told", not [secret for secret in secrets if secret in said], said)


def show(lab):
    if not os.environ.get("SHOW"):
        return
    print(lab.starttls.box.letters[0].as_string())
    for name in ("ntfy", "gotify", "telegram", "discord", "slack", "hook"):
        for request in lab.web.of(name):
            print(name, "POST", request["path"], request["body"])


def main():
    print(f"against aiosmtpd {version('aiosmtpd')}, websockets {version('websockets')}")
    lab = Lab()
    try:
        check_command(lab)
        asyncio.run(check_kinds(lab))
        check_rest(lab)
        asyncio.run(check_restart(lab))
        asyncio.run(check_refusals(lab))
        check_secrets(lab)
    finally:
        if lab.hub and lab.hub.poll() is None:
            lab.hub.kill()
        if failed or os.environ.get("SHOW"):
            print(lab.log.read_text() if lab.log.exists() else "")
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed;")
    sys.exit(1 if failed else 0)


main()
