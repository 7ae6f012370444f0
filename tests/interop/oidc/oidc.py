"""Signs in to a hub by way of oidc-provider-mock, as a browser does, and as one should not."""

import base64
import hashlib
import http.client
import io
import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import oidc_provider_mock  # noqa: E402
from oidc_provider_mock import User  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

HUB, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
CLIENT, SECRET = "kinglet hub", "s3cret/+ of the hub"


def claims(name, verified=True, **more):
    known = {"email": f"{name}@example.org", "email_verified": verified}
    return User(sub=name, claims={**known, **more})


class Provider:
    """The mock, which notes what tokens are asked for with, and spoils one where told to."""

    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        logging.getLogger("oidc_provider_mock").setLevel(logging.CRITICAL)
        app = oidc_provider_mock.app(require_nonce=True, user_claims=[
            claims("ann"), claims("dan", groups=["admins"]), claims("bob", groups=["staff"]),
            claims("eve", groups=["others"]), claims("mallory", verified=False),
            claims("local", groups=["admins"]),
        ])
        self.asked, self.spoil, self.inner = [], None, app.wsgi_app
        app.wsgi_app = self.answer
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, environ, start):
        if environ["PATH_INFO"] != "/oauth2/token":
            return self.inner(environ, start)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        shown = environ.get("HTTP_AUTHORIZATION", "")
        self.asked.append((shown, urllib.parse.parse_qs(body.decode())))
        environ["wsgi.input"] = io.BytesIO(body)
        said = []
        parts = b"".join(self.inner(environ, lambda *head: said.append(head)))
        if self.spoil and b"id_token" in parts:
            told = json.loads(parts)
            told["id_token"] = self.spoil(told["id_token"])
            parts = json.dumps(told).encode()
        status, headers = said[0][0], [h for h in said[0][1] if h[0].lower() != "content-length"]
        start(status, headers + [("Content-Length", str(len(parts)))])
        return [parts]


def ask(address, method, path, headers=None, body=None):
    """Status, Location, cookies that are set, body."""
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    cookies = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    return answer.status, answer.getheader("location"), cookies, answer.read().decode()


class Hub:
    def __init__(self, provider):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        (WORK / "secret").write_text(SECRET + "\n")
        (WORK / "state").mkdir()
        self.config = WORK / "hub.toml"
        self.config.write_text(f"""
listen = "{self.address}"
state_dir = "{WORK}/state"
[server]
trusted_proxies = ["127.0.0.1/32"]
[store]
path = "memory"
[viewers]
users = true
[oidc]
title = "Example"
issuer = "{provider.url}"
client_id = "{CLIENT}"
client_secret_file = "{WORK}/secret"
url = "http://{self.address}/"
owners = ["ann@example.org"]
owner_groups = ["admins"]
viewer_groups = ["staff"]
""")
        add = [HUB, "user", "add", "local@example.org", "--config", self.config]
        word = b"correct horse\n"
        subprocess.run(add, check=True, input=word, stdout=subprocess.DEVNULL)
        self.log = open(WORK / "hub.log", "w+")
        self.process = subprocess.Popen([HUB, "run", "--config", self.config], stderr=self.log)
        self.visitors = 0
        for _ in range(200):
            try:
                ask(self.address, "GET", "/healthz")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the hub does not answer")

    def said(self):
        return (WORK / "hub.log").read_text()

    def get(self, path, cookies=()):
        """As somebody new: who tries much from one address is told to wait."""
        self.visitors += 1
        headers = {"Cookie": "; ".join(cookies), "X-Forwarded-For": f"192.0.2.{self.visitors}"}
        return ask(self.address, "GET", path, headers)

    def begin(self):
        """Where the browser is sent, and what it holds."""
        status, location, cookies, _ = self.get("/api/oidc")
        assert status == 303, (status, location)
        assert "; HttpOnly; SameSite=Lax" in cookies[0], cookies
        return location, cookies[0].split(";")[0]

    def sign_in(self, provider, name, deny=False):
        """The answer to who comes back."""
        location, kept = self.begin()
        return self.get(consent(provider, location, name, deny), [kept])

    def who(self, cookies):
        session = [each.split(";")[0] for each in cookies if "=ks_" in each]
        return json.loads(self.get("/api/session", session)[3])


def consent(provider, location, name, deny=False):
    """The path at the hub that the provider sends a browser back to."""
    assert location.startswith(provider.url + "/oauth2/authorize?"), location
    form = urllib.parse.urlencode({"action": "deny"} if deny else {"sub": name})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    path = location.removeprefix(provider.url)
    status, back, _, body = ask(provider.url.removeprefix("http://"), "POST", path, headers, form)
    assert status == 302, body
    return "/" + back.split("/", 3)[3]


def refused(answer, word):
    status, location, cookies, _ = answer
    assert (status, location) == (303, f"../../#refused={word}"), (answer, word)
    assert not any("=ks_" in cookie for cookie in cookies), cookies


def test_who_may_is_let_in(provider, hub):
    for name, role in [("ann", "owner"), ("dan", "owner"), ("bob", "viewer")]:
        status, location, cookies, _ = hub.sign_in(provider, name)
        assert (status, location) == (303, "../../"), (status, location, hub.said())
        who = hub.who(cookies)
        assert (who["user"], who["role"]) == (f"{name}@example.org", role), who
        assert who["by_oidc"] == "Example", who


def test_the_hub_shows_its_secret_and_what_it_began_with(provider, hub):
    location, kept = hub.begin()
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    assert query["code_challenge_method"] == ["S256"] and query["response_type"] == ["code"], query
    assert query["client_id"] == [CLIENT] and query["scope"] == ["openid email profile"], query
    hub.get(consent(provider, location, "ann"), [kept])
    shown, form = provider.asked[-1]
    pair = base64.b64decode(shown.removeprefix("Basic ")).decode().split(":")
    assert [urllib.parse.unquote(each) for each in pair] == [CLIENT, SECRET], pair
    digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query["code_challenge"][0]
    assert form["redirect_uri"] == query["redirect_uri"], form


def test_who_may_not_is_refused(provider, hub):
    refused(hub.sign_in(provider, "eve"), "not_allowed")
    refused(hub.sign_in(provider, "mallory"), "not_allowed")
    refused(hub.sign_in(provider, "ann", deny=True), "not_allowed")
    # One of this name signs in by a password, and is another.
    refused(hub.sign_in(provider, "local"), "not_allowed")


def test_what_was_not_begun_here_is_refused(provider, hub):
    location, kept = hub.begin()
    path = consent(provider, location, "ann")
    refused(hub.get(path, []), "failed")
    other = hub.begin()[1]
    refused(hub.get(path, [other]), "failed")
    refused(hub.get("/api/oidc/callback", [kept]), "failed")
    state, nonce, verifier = kept.split("=", 1)[1].split(".")
    another = f"kinglet-oidc={state}.{nonce[::-1]}.{verifier}"
    refused(hub.get(path, [another]), "failed")
    refused(hub.get(path, [kept]), "failed")  # the code was traded
    assert "the ID token is of another sign-in" in hub.said(), hub.said()


def test_a_token_that_is_spoilt_is_refused(provider, hub):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def unsigned(token):
        return f"{part({'alg': 'none'})}.{token.split('.')[1]}."

    def promoted(token):
        head, body, signature = token.split(".")
        told = json.loads(base64.urlsafe_b64decode(body + "=="))
        return f"{head}.{part({**told, 'email': 'ann@example.org'})}.{signature}"

    for spoil in [unsigned, promoted]:
        provider.spoil = spoil
        refused(hub.sign_in(provider, "eve"), "failed")
    provider.spoil = None


def test_who_tries_much_is_told_to_wait(provider, hub):
    headers = {"X-Forwarded-For": "198.51.100.1"}
    told = [ask(hub.address, "GET", "/api/oidc", headers)[1] for _ in range(12)]
    assert told[-1] == "../#refused=too_many" and "authorize" in told[0], told


def test_what_is_done_is_written_down_and_no_secret_is(provider, hub):
    audit = subprocess.run([HUB, "audit", "--config", hub.config], check=True, capture_output=True)
    text = audit.stdout.decode()
    assert "ann@example.org signed in" in text and "refused to sign in elsewhere" in text, text
    everything = hub.said() + text
    assert SECRET not in everything and "ks_" not in everything, everything


def test_a_provider_that_is_gone_is_said(provider, hub):
    provider.server.shutdown()
    provider.server.server_close()
    status, location, _, _ = hub.get("/api/oidc")
    assert (status, location) == (303, "../#refused=failed"), (status, location)
    assert "nobody can sign in by [oidc]" in hub.said()


def main():
    provider = Provider()
    hub = Hub(provider)
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    try:
        for name, test in tests:
            try:
                test(provider, hub)
                print(f"ok      {name}")
            except Exception as error:  # noqa: BLE001
                failed += 1
                print(f"FAILED  {name}: {error!r}")
    finally:
        hub.process.terminate()
        hub.process.wait(10)
    if failed:
        print(hub.said())
        raise SystemExit(1)
    print(f"all {len(tests)} passed")


main()
