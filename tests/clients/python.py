"""The document's Python client: python.py URL."""

import asyncio
import sys
from types import SimpleNamespace

import websockets

URL = sys.argv[1]
said = []
clients = []


def load():
    """Runs the document's text, without its last lines: it is not the program here."""
    space = {"__name__": "documented"}
    with open("documented.py", encoding="utf-8") as text:
        exec(compile(text.read(), "documented.py", "exec"), space)
    space["print"] = lambda *words: said.append(" ".join(map(str, words)))
    space["websockets"] = SimpleNamespace(connect=connect)
    client = space["WebSocketClient"]
    init, on_event = client.__init__, client.on_event

    def remember(self, url):
        init(self, url)
        clients.append(self)

    def await_any(self, event_type, handler):
        async def awaitable(data):
            handler(data)

        on_event(self, event_type, awaitable)

    client.__init__, client.on_event = remember, await_any
    return space


def connect(printed):
    assert printed == "ws://localhost:8080/ws", printed
    return websockets.connect(URL)


def count(word):
    return sum(1 for line in said if line.startswith(word))


async def until(what, is_there):
    for _ in range(100):
        if is_there():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}: {said[-5:]}")


async def main():
    running = asyncio.create_task(load()["main"]())
    await until("performance", lambda: count("性能更新: {'cpu_percent': 45.2") > 0)
    await until("an alert", lambda: "告警: cpu warning - above 80 %" in said)
    await until("its handler", lambda: "告警: cpu warning" in said)
    assert "CPU: 45.2%" in said and "内存: 67.8%" in said, said
    assert count("处理消息失败") == 0, said
    # Its connect() returns when the connection is over, so it never subscribes itself.
    [client] = clients
    pongs = []
    client.on_event("pong", pongs.append)
    await client.subscribe(["alert.cpu", "alert.memory"], {"level": ["warning", "critical"]})
    pinging = asyncio.create_task(client.send_ping())
    await until("a pong", lambda: pongs)
    said.clear()
    await until("alerts", lambda: said.count("告警: cpu warning") >= 3)
    assert set(said) == {"告警: cpu warning", "告警: cpu warning - above 80 %"}, said
    pinging.cancel()
    running.cancel()
    await client.close()


asyncio.run(main())
