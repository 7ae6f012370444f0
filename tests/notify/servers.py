"""The servers: three for mail, and one for HTTP with a path for each way to behave."""

import base64
import json
import socket
import ssl
import threading
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

LOGIN = LoginPassword(b"hub", b"pa55-Wort")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mailbox:
    """Keeps letters as a mail program reads them."""

    def __init__(self):
        self.letters = []
        self.refuses = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        letter.sent_to = envelope.rcpt_tos
        letter.logged_in = bool(session.authenticated)
        self.letters.append(letter)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    # `handled` would mean that the answer was given.
    return AuthResult(success=data == LOGIN, handled=False)


class MailServer:
    """aiosmtpd; `tls` is none, starttls or implicit."""

    def __init__(self, tls, login):
        self.box = Mailbox()
        self.port = free_port()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert.pem", "key.pem")
        options = {"hostname": "127.0.0.1", "port": self.port}
        if login:
            options |= {"authenticator": authenticate, "auth_required": True}
        if tls == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if tls == "implicit":
            options |= {"ssl_context": context, "auth_require_tls": False}
        if login == "LOGIN":
            options |= {"auth_exclude_mechanism": ["PLAIN"]}
        self.controller = Controller(self.box, **options)
        self.controller.start()


class Liar:
    """Says behind its answer to STARTTLS, in clear, what would draw a password out of a client that
    believes it, and offers no login once the line is safe."""

    def __init__(self):
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert.pem", "key.pem")
        while True:
            line, _ = self.listener.accept()
            line.sendall(b"220 mail\r\n")
            line.recv(1000)
            line.sendall(b"250 STARTTLS\r\n")
            line.recv(1000)
            line.sendall(b"220 go on\r\n250 AUTH PLAIN\r\n")
            line = context.wrap_socket(line, server_side=True)
            line.recv(1000)
            line.sendall(b"250 mail\r\n")
            self.heard.append(line.recv(1000))
            line.close()


class Web:
    """What was asked, by the first part of the path, and how often each was."""

    def __init__(self):
        self.asked = {}
        self.lock = threading.Lock()
        ThreadingHTTPServer.request_queue_size = 64
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, name):
        with self.lock:
            return list(self.asked.get(name, []))

    def bodies(self, name):
        return [json.loads(request["body"]) for request in self.of(name)]


def handler(web):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            size = int(self.headers["Content-Length"])
            body = self.rfile.read(size).decode()
            name = self.path.split("/")[1].split("?")[0]
            headers = {key.lower(): value for key, value in self.headers.items()}
            request = {"path": self.path, "headers": headers, "body": body, "at": time.time()}
            with web.lock:
                asked = web.asked.setdefault(name, [])
                asked.append(request)
                count = len(asked)
            status, headers, answer = ANSWERS[name](request, count)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_):
            pass

    return Handler


def ok(text="ok"):
    return 200, {}, text


def wrong(status, why):
    return status, {}, json.dumps({"error": why, "message": why})


def ntfy(request, _):
    """https://docs.ntfy.sh/publish/#publish-as-json"""
    body = json.loads(request["body"])
    if request["headers"].get("authorization") != "Bearer tk_s3cret":
        return 401, {}, '{"code":40101,"http":401,"error":"unauthorized"}'
    good = (
        request["path"] == "/ntfy/" and isinstance(body["topic"], str)
        and body["priority"] in range(1, 6) and isinstance(body["tags"], list)
        and len(body["message"].encode()) <= 4096
        and set(body) <= {"topic", "title", "message", "priority", "tags"}
    )
    if not good:
        return 400, {}, '{"code":40024,"http":400,"error":"request body must be valid JSON"}'
    return ok('{"id":"x","event":"message"}')


def gotify(request, _):
    """https://gotify.net/docs/pushmsg and its extras"""
    body = json.loads(request["body"])
    if request["headers"].get("x-gotify-key") != "A.gotify-key":
        return 401, {}, '{"error":"Unauthorized","errorCode":401,"errorDescription":"no token"}'
    good = request["path"] == "/gotify/message" and body["message"]
    good = good and isinstance(body["priority"], int) and 0 <= body["priority"] <= 10
    return ok('{"id":25}') if good else wrong(400, "bad request")


def telegram(request, _):
    """https://core.telegram.org/bots/api#sendmessage"""
    body = json.loads(request["body"])
    if request["path"] != "/telegram/bot123:bot-s3cret/sendMessage":
        return 404, {}, '{"ok":false,"error_code":404,"description":"Not Found"}'
    good = body["chat_id"] == "-1001" and 1 <= len(body["text"]) <= 4096
    if not good or body.get("parse_mode"):
        return 400, {}, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'
    return ok('{"ok":true,"result":{}}')


def discord(request, _):
    """https://discord.com/developers/docs/resources/webhook#execute-webhook"""
    body = json.loads(request["body"])
    if request["path"] != "/discord/webhooks/1/hook-s3cret":
        return 404, {}, '{"message":"Unknown Webhook","code":10015}'
    embeds = body.get("embeds", [])
    good = len(body["content"]) <= 2000 and len(embeds) <= 10
    good = good and all(len(embed["description"]) <= 4096 for embed in embeds)
    good = good and all(0 <= embed["color"] <= 0xFFFFFF for embed in embeds)
    return (204, {}, "") if good else (400, {}, '{"code":50035,"message":"Invalid Form Body"}')


def slack(request, _):
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""
    if request["path"] != "/slack/services/T0/B0/slack-s3cret":
        return 404, {}, "no_service"
    body = json.loads(request["body"])
    good = isinstance(body.get("text"), str) and "<!" not in body["text"]
    return ok() if good else (400, {}, "invalid_payload")


def busy(_, count):
    """Telegram's way to say it, with another number each time."""
    if count > 2:
        return ok()
    text = "Too Many Requests: retry after %d" % count
    answer = {"ok": False, "description": text, "parameters": {"retry_after": count}}
    return 429, {}, json.dumps(answer)


def limited(_, count):
    return ok() if count > 1 else (429, {"Retry-After": "2"}, "slow down")


def cut(_, count):
    return ok() if count > 1 else (None, {}, "")


def slow(_, count):
    time.sleep(1.5)
    return ok()


def hook(request, _):
    """Basic credentials and the owner's own text."""
    basic = "Basic " + base64.b64encode(b"me:hook-pa55").decode()
    if request["headers"].get("authorization") != basic:
        return 403, {}, "who is hook-pa55?"
    return ok() if json.loads(request["body"])["summary"] else wrong(422, "no summary")


ANSWERS = {
    "ntfy": ntfy, "gotify": gotify, "telegram": telegram, "discord": discord, "slack": slack,
    "hook": hook, "busy": busy, "limited": limited, "cut": cut, "slow": slow,
    "whole": lambda *_: ok(), "few": lambda *_: ok(), "critical": lambda *_: ok(),
    "stranger": lambda *_: wrong(401, "who are you?"),
    "gone": lambda *_: wrong(404, "no such topic"),
}
