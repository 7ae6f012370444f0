"""A STOMP client that listens, as plain as can be: it shares no line with the agent's."""

import json

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def frame(command, *headers, body=""):
    return "\n".join([command, *headers, "", body]) + "\0"


class Subscriber:
    """Everything that is sent to one destination."""

    def __init__(self, url, destination, login=None, passcode=None, how=("ack:auto",)):
        self.socket = connect(url, subprotocols=["v12.stomp"], compression=None, open_timeout=20)
        headers = ["accept-version:1.2", "host:/", "heart-beat:0,0"]
        if login:
            headers += [f"login:{login}", f"passcode:{passcode}"]
        self.socket.send(frame("CONNECT", *headers))
        self.greeting = self.receive("CONNECTED")[0]
        self.socket.send(frame("SUBSCRIBE", "id:1", f"destination:{destination}", *how))

    def receive(self, wanted, seconds=30):
        """The headers and the body of the next frame of this command."""
        while True:
            text = self.socket.recv(timeout=seconds)
            text = (text if isinstance(text, str) else text.decode()).lstrip("\r\n")
            if not text:
                continue
            head, _, body = text.partition("\n\n")
            command, *lines = head.replace("\r", "").split("\n")
            assert command == wanted, text
            return dict(line.split(":", 1) for line in lines), body.rstrip("\r\n").rstrip("\0")

    def message(self, seconds=30):
        headers, body = self.receive("MESSAGE", seconds)
        return headers["destination"].replace("\\c", ":"), json.loads(body)

    def acknowledge(self, headers):
        self.socket.send(frame("ACK", f"id:{headers['ack']}"))

    def names(self, count):
        """The names in the next so many messages."""
        return {self.message()[1]["name"] for _ in range(count)}

    def close(self):
        try:
            self.socket.close()
        except ConnectionClosed:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
