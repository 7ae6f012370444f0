"""Python's stomp.py: subscribes as a viewer, publishes as an agent."""

import json
import sys
import threading
from importlib.metadata import version

import stomp
from stomp.adapter.ws import WSStompConnection

host, port, viewer_token, agent_token = sys.argv[1:]
print("stomp.py", version("stomp-py"))


class Heard(stomp.ConnectionListener):
    """Keeps what comes, and says when."""

    def __init__(self):
        self.frames = []
        self.news = threading.Condition()

    def keep(self, kind, frame):
        with self.news:
            self.frames.append((kind, frame))
            self.news.notify_all()

    def on_connected(self, frame):
        self.keep("connected", frame)

    def on_message(self, frame):
        self.keep("message", frame)

    def on_receipt(self, frame):
        self.keep("receipt", frame)

    def on_error(self, frame):
        self.keep("error", frame)

    def on_disconnected(self):
        self.keep("disconnected", None)

    def on_heartbeat_timeout(self):
        self.keep("beats missed", None)

    def wait(self, kind, count=1, seconds=10):
        def found():
            return [frame for of, frame in self.frames if of == kind]

        with self.news:
            assert self.news.wait_for(lambda: len(found()) >= count, seconds), (kind, self.frames)
            return found()


def connect(token, **options):
    connection = WSStompConnection([(host, int(port))], ws_path="/stomp", **options)
    heard = Heard()
    connection.set_listener("", heard)
    connection.connect("x", token, wait=True)
    return connection, heard


viewer, heard = connect(viewer_token, heartbeats=(4000, 4000))
connected = heard.wait("connected")[0].headers
assert connected["version"] == "1.2", connected
assert connected["heart-beat"] == "10000,10000", connected
viewer.subscribe("/topic/metric/pi/cpu.usage[VALUE]", id=1, headers={"receipt": "s"})
assert heard.wait("receipt")[0].headers["receipt-id"] == "s"
messages = heard.wait("message", 3)
assert json.loads(messages[0].body)["value"]["value"] == 45.2, messages[0]
assert messages[0].headers["subscription"] == "1"
viewer.unsubscribe(1, headers={"receipt": "u"})
heard.wait("receipt", 2)

viewer.begin("t")
heard.wait("error")

agent, answers = connect(agent_token)
agent.send("/topic/metric/py-1/cpu.usage[VALUE]", json.dumps({"value": 33}), receipt="r")
assert answers.wait("receipt")[0].headers["receipt-id"] == "r"
agent.send("/topic/metric/pi/cpu.usage[VALUE]", "1", receipt="x")
assert answers.wait("error")[0].headers["receipt-id"] == "x"

# Two periods of the hub's beats: it lives on by them alone.
with heard.news:
    heard.news.wait(21)
assert not any(kind in ("beats missed", "disconnected") for kind, _ in heard.frames), heard.frames
for connection, of in ((viewer, heard), (agent, answers)):
    connection.disconnect(receipt="bye")
    of.wait("disconnected")
