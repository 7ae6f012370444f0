#!/usr/bin/env python3
"""A dashboard small enough to measure against: takes reports over ws and wss, answers, counts.

Speaks just enough for every protocol of the agent: the WebSocket upgrade, pongs, the kinglet
hub's `connection` and `ack`, vStats' `auth` reply, STOMP's CONNECTED and RECEIPT, and silence for
SimpleServerStatus. Standard library only.

    server.py LOG [CERTIFICATE KEY]

Prints one line, `ws PORT` or `ws PORT wss PORT`, then serves until killed. LOG gets one JSON
object per report: when, on which path, how many bytes of payload and of WebSocket frames;
LOG.last is the last report.
"""

import asyncio
import base64
import hashlib
import json
import ssl
import sys
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
STOMP = {
    b"CONNECT": b"CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0",
    b"DISCONNECT": b"RECEIPT\nreceipt-id:bye\n\n\0",
}


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def envelope(kind, data):
    frame = {"type": kind, "id": kind, "timestamp": stamp(), "data": data, "meta": {}}
    return json.dumps(frame).encode()


class Session:
    """One agent's connection, from its upgrade to its close."""

    def __init__(self, reader, writer, log):
        self.reader, self.writer, self.log = reader, writer, log
        self.path = ""

    async def upgrade(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.path = lines[0].split(" ")[1].split("?")[0]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        digest = hashlib.sha1(headers["sec-websocket-key"].encode() + GUID).digest()
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n"
        )
        self.writer.write(answer.encode())
        return headers.get("x-client-id", "")

    async def frame(self):
        """The next frame's opcode and payload, and its whole length on the wire."""
        first, second = await self.reader.readexactly(2)
        length, wire = second & 0x7F, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length = int.from_bytes(await self.reader.readexactly(width), "big")
            wire += width
        mask = await self.reader.readexactly(4)
        body = await self.reader.readexactly(length)
        repeated = (mask * (length // 4 + 1))[:length]
        plain = int.from_bytes(body, "big") ^ int.from_bytes(repeated, "big")
        return first & 15, plain.to_bytes(length, "big"), wire + 4 + length

    def send(self, opcode, payload):
        size = len(payload)
        short = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        self.writer.write(bytes([0x80 | opcode]) + short + payload)

    def answer(self, text):
        """What this protocol's server says to one message; true when it was a report."""
        command = text.split(b"\n", 1)[0]
        if command in STOMP:
            self.send(TEXT, STOMP[command])
            return False
        if command == b"SEND":
            return True
        message = json.loads(text)
        if message.get("type") == "auth":
            self.send(TEXT, b'{"type":"auth","status":"ok"}')
            return False
        if self.path == "/ws/agent" and message.get("type") != "metrics":
            return False
        seq = (message.get("meta") or {}).get("seq")
        if seq is not None:
            self.send(TEXT, envelope("ack", {"seq": seq}))
        return True

    def record(self, payload, wire):
        """One line for the report, and the report itself beside the log."""
        line = {"at": time.monotonic(), "path": self.path, "payload": len(payload), "wire": wire}
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()
        with open(self.log.name + ".last", "wb") as last:
            last.write(payload)

    async def serve(self):
        client = await self.upgrade()
        if client:
            data = {"status": "connected", "client_id": client, "server_time": stamp()}
            self.send(TEXT, envelope("connection", data))
        while True:
            opcode, payload, wire = await self.frame()
            if opcode == TEXT and self.answer(payload):
                self.record(payload, wire)
            elif opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                self.send(CLOSE, payload)
                return


async def main(log_path, certificate=None, key=None):
    log = open(log_path, "w", encoding="utf-8")

    async def accept(reader, writer):
        try:
            await Session(reader, writer, log).serve()
        except (asyncio.IncompleteReadError, ConnectionError, KeyError, ssl.SSLError):
            pass  # the agent went away in the middle of a frame, or was no agent
        finally:
            writer.close()

    servers = [("ws", await asyncio.start_server(accept, "127.0.0.1", 0))]
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        servers.append(("wss", await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)))
    print(*(f"{name} {it.sockets[0].getsockname()[1]}" for name, it in servers), flush=True)
    await asyncio.gather(*(it.serve_forever() for _, it in servers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
