"""Starts the machine, has its NVMe disk warn when it says so, and looks at what the agent said."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

KERNEL, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
passed = failed = 0


def expect(what, good, shown=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}: {shown}")


def start():
    drives = []
    for name, device in (("nvme", "nvme,id=disk"), ("sata", "ide-hd,bus=ahci.0")):
        drives += ["-drive", f"file={WORK / name},if=none,id={name},format=raw"]
        drives += ["-device", f"{device},drive={name},serial=K{name}"]
    return subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "2",
         "-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
         "-qmp", f"unix:{WORK / 'qmp'},server=on,wait=off", "-kernel", KERNEL,
         "-initrd", WORK / "initrd", "-append", "console=ttyS0 quiet loglevel=0 panic=-1",
         "-device", "ich9-ahci,id=ahci", *drives],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace")


def warn(value):
    """Has the NVMe disk warn of this."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(WORK / "qmp"))
        lines = link.makefile("rw")
        setting = {"path": "/machine/peripheral/disk", "property": "smart_critical_warning"}
        for command in (
            {"execute": "qmp_capabilities"},
            {"execute": "qom-set", "arguments": {**setting, "value": value}},
        ):
            print(json.dumps(command), file=lines, flush=True)
            while "return" not in (answer := json.loads(lines.readline())):
                assert "error" not in answer, answer


def run(machine):
    """What it said, by the line it stands behind."""
    said, part = {}, None
    for line in machine.stdout:
        line = line.strip()
        if "VERBOSE" in os.environ:
            print(line)
        if line.startswith("== "):
            part = said.setdefault(line[3:], [])
            if line == "== ready":
                warn(4)
                print(file=machine.stdin, flush=True)
            if line == "== end":
                break
        elif part is not None:
            part.append(line)
    return said


def disks(lines):
    sample = next((line for line in lines if line.startswith("{")), "{}")
    return {disk["name"]: disk for disk in json.loads(sample).get("disks", [])}


def faults(lines):
    return [line for line in lines if line.startswith("kinglet: smart: ")]


def look(said):
    for who in ("nobody", "unprivileged"):
        told = faults(said[who])
        for path, right in (("nvme0n1", "CAP_SYS_ADMIN"), ("sda", "CAP_SYS_RAWIO")):
            about = [line for line in told if f"/dev/{path} may not be asked" in line]
            expect(f"{who}: {path}", len(about) == 1 and right in about[0], told)
        rows = disks(said[who])
        health = [row for row in rows.values() if "health_failed" in row]
        expect(f"{who}: nothing of health", not health, health)
        expect(f"{who}: the disks themselves", set(rows) == {"nvme0n1", "sda"}, rows)

    rows = disks(said["granted"])
    nvme, sata = rows["nvme0n1"], rows["sda"]
    expect("no fault", not faults(said["granted"]), said["granted"])
    for key, due in (("health_failed", False), ("critical_warning", 0), ("percentage_used", 0),
                     ("power_on_hours", 0), ("unsafe_shutdowns", 0), ("media_errors", 0),
                     ("wear_percent", 0.0)):
        expect(f"nvme {key}", nvme.get(key) == due, nvme)
    # QEMU 7 leaves the spare blocks at none.
    expect("nvme spare", nvme.get("available_spare_percent") in (0.0, 100.0), nvme)
    for key, due in (("health_failed", False), ("standby", False), ("reallocated_sectors", 0),
                     ("power_on_hours", 1), ("power_cycles", 0)):
        expect(f"sata {key}", sata.get(key) == due, sata)

    expect("suspended", said["before"][:1] == ["suspended"], said["before"])
    asleep = disks(said["asleep"])["sda"]
    expect("standby", asleep.get("standby") is True and "health_failed" not in asleep, asleep)
    # The second is how long it was awake, ever.
    expect("not woken", said["after"] == said["before"], said["after"])

    nvme = disks(said["warned"])["nvme0n1"]
    expect("warning", nvme.get("critical_warning") == 4 and nvme.get("health_failed"), nvme)
    alerts = [line for line in said["alerts"] if "disk_health" in line]
    expect("alert", alerts, said["alerts"])
    return rows, alerts


begun = time.monotonic()
machine = start()
try:
    said = run(machine)
finally:
    machine.kill()
    machine.wait()
if "end" not in said:
    print(f"FAILED: the machine ended early: {said}")
    sys.exit(1)
rows, alerts = look(said)
if "SHOW" in os.environ:
    told = faults(said["nobody"] + said["unprivileged"])
    print(json.dumps(rows, indent=1), *alerts, *told, sep="\n")
print(f"test result: {passed} passed; {failed} failed; {time.monotonic() - begun:.0f} s")
sys.exit(failed > 0)
