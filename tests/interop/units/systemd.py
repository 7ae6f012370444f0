"""systemd's place on a bus: answers as it does (signatures and words are those of systemd 252).

    systemd.py ADDRESS FILE   FILE: names of failed units, a line each, read at every question
"""

import sys

from jeepney import MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection
from jeepney.low_level import HeaderFields

MANAGER = "org.freedesktop.systemd1.Manager"


def row(name):
    """One unit of the list."""
    path = "/org/freedesktop/systemd1/unit/" + name.replace(".", "_2e").replace("-", "_2d")
    states = ("loaded", "failed", "failed")
    return (name, f"What {name} is for, für alle", *states, "", path, 0, "", "/")


def answer(call, names):
    """What it says to a call."""
    member = call.header.fields[HeaderFields.member]
    if member == "ListUnitsFiltered" and call.body == (["failed"],):
        return new_method_return(call, "a(ssssssouso)", ([row(name) for name in names],))
    state = "degraded" if names else "running"
    known = {
        "NFailedUnits": ("u", len(names)),
        "SystemState": ("s", state),
        "NNames": ("u", 331),
    }
    if member == "Get" and call.body[0] == MANAGER and call.body[1] in known:
        return new_method_return(call, "v", (known[call.body[1]],))
    return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "s", (member,))


def main():
    """Answers until the bus is gone."""
    address, file = sys.argv[1:]
    bus = open_dbus_connection(address)
    Proxy(message_bus, bus).RequestName("org.freedesktop.systemd1")
    print("ready", flush=True)
    while True:
        call = bus.receive()
        if call.header.message_type != MessageType.method_call:
            continue
        with open(file, encoding="utf-8") as lines:
            names = lines.read().split()
        print(call.header.fields[HeaderFields.member], call.body, flush=True)
        bus.send(answer(call, names))


main()
