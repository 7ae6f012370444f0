"""The agent against InfluxDB 1.x and VictoriaMetrics: test.py AGENT FOLDER TABLE"""

import os
import re
import socket
import sys
import threading
import time
import traceback

from parts import Agent, Influx, Victoria, stop_all, until
from queries import influxql, promql

IGNORED = {"tmpfs", "devtmpfs", "devfs", "iso9660", "overlay", "aufs", "squashfs"}


class Host:
    """This host, as its files say, read by other means than the agent's."""

    kinds = "user system idle nice iowait irq softirq steal guest guest_nice".split()

    def __init__(self):
        self.name = socket.gethostname()
        self.cpus = os.cpu_count()
        memory = dict(re.findall(r"(\w+): +(\d+) kB", open("/proc/meminfo").read()))
        self.memory = int(memory["MemTotal"]) * 1024
        self.swap = int(memory["SwapTotal"]) * 1024
        self.boot_time = int(re.search(r"btime (\d+)", open("/proc/stat").read())[1])
        self.mounts = self.find_mounts()
        self.interfaces = set(os.listdir("/sys/class/net")) - {"lo"}
        self.devices = set(re.findall(r"^ *\d+ +\d+ (\S+)", open("/proc/diskstats").read(), re.M))
        uptime = float(open("/proc/uptime").read().split()[0])
        self.uptime = (uptime, uptime + 300)

    @staticmethod
    def find_mounts():
        """Where file systems with a disk behind them are mounted: at least these are told of."""
        rows = [line.split() for line in open("/proc/mounts")]
        return {
            path for source, path, kind, *_ in rows
            if source.startswith("/dev/") and kind not in IGNORED and path == "/"
        }

    @staticmethod
    def uptime_words(text):
        """As telegraf words it."""
        return re.fullmatch(r"(1 day, |\d+ days, )?[ \d]\d:\d\d", text)


def fits(value, expected):
    """Whether a value is what was expected: a number, a range, a set, or what a test says."""
    if callable(expected):
        return bool(expected(value))
    if isinstance(expected, set):
        return value in expected
    if isinstance(expected, tuple):
        return expected[0] <= value <= expected[1]
    return value == expected


class Tests:
    """Each a method; they run side by side where they can."""

    def __init__(self, agent, work, table):
        self.program, self.work, self.table = agent, work, table
        self.host = Host()
        os.makedirs(f"{work}/influx")
        self.influx, self.victoria = Influx(f"{work}/influx"), Victoria(work)
        print(f"ran against {self.influx.version()}\nran against {self.victoria.version()}")
        self.results, self.lock = {}, threading.Lock()

    def agent(self, name, **keys):
        """An agent for a database."""
        keys = {"user": '"admin"', "token": "secret", "database": f'"{name}"', **keys}
        return Agent(self.program, f"{self.work}/{name}", self.influx.url, **keys)

    def run(self, name, test):
        """Runs one and notes what came of it."""
        began = time.monotonic()
        try:
            test()
            fault = None
        except Exception:  # pylint: disable=broad-except
            fault = traceback.format_exc()
        with self.lock:
            self.results[name] = fault
            took = time.monotonic() - began
            verdict = "ok" if fault is None else "FAILED"
            print(f"test {name} ... {verdict} ({took:.0f} s)", flush=True)

    def beside(self, *tests):
        """Runs some side by side."""
        threads = [
            threading.Thread(target=self.run, args=(test.__name__, test)) for test in tests
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def count(self, database):
        """How many samples a database has."""
        if f"'{database}'" not in str(self.influx.query("SHOW DATABASES")):
            return 0
        found = self.influx.query("SELECT count(load1) FROM system", database)
        return found[0]["values"][0][1] if found else 0

    # --- Beside each other.

    def a_missing_database_is_made_and_every_dashboard_finds_its_points(self):
        agent = self.agent("telegraf", tags='{ room = "attic 2" }').run()
        until(lambda: "telegraf" in str(self.influx.query("SHOW DATABASES")), 20, "made")
        until(lambda: self.count("telegraf") >= 6, 30, "six samples")
        faults = [fault for row in influxql(self.host) if (fault := self.ask(*row))]
        agent.stop()
        assert not faults, "\n".join(faults)
        assert agent.said().count("WARN") == 0, agent.said()
        rooms = self.influx.query("SHOW TAG VALUES FROM mem WITH KEY = room", "telegraf")
        assert rooms[0]["values"] == [["room", "attic 2"]], rooms

    def ask(self, name, query, series, columns):
        """What is wrong with the answer to a query; None for nothing."""
        when = f"time > now() - 10m AND host =~ /^{self.host.name}$/"
        found = self.influx.query(query.replace("$t", when), "telegraf")
        if len(found) < series:
            return f"{name}: {len(found)} series of {series}: {query}"
        for one in found:
            row = one["values"][-1]
            for value, expected in zip(row[1:], columns, strict=True):
                if not fits(value, expected):
                    return f"{name}: {value} is not {expected} in {one}"
        return None

    def every_field_has_the_type_of_the_table(self):
        until(lambda: self.count("telegraf") >= 3, 40, "three samples")
        text = re.search(r'const TYPES: &str = "(.*?)";', open(self.table).read(), re.S)[1]
        table, measurement = {}, ""
        for word in text.split():
            if ":" in word:
                name, letter = word.split(":")
                table[measurement, name] = {"i": "integer", "f": "float", "s": "string"}[letter]
            else:
                measurement = word
        found = {}
        for series in self.influx.query("SHOW FIELD KEYS", "telegraf"):
            found |= {(series["name"], name): kind for name, kind in series["values"]}
        wrong = {key: kind for key, kind in found.items() if table.get(key) != kind}
        assert not wrong, wrong
        # What a host may not tell: threads of cores, sessions, traffic of a disk that rests.
        missing = {name for key, name in set(table) - set(found) if key not in ("system", "diskio")}
        allowed = {"inodes_total", "inodes_free", "inodes_used", "inodes_used_percent"}
        assert missing <= allowed or not self.host.mounts, missing

    def shares_of_processors_are_a_hundred(self):
        until(lambda: self.count("telegraf") >= 5, 40, "five samples")
        rows = self.influx.query("SELECT * FROM cpu", "telegraf")[0]
        places = [rows["columns"].index(f"usage_{kind}") for kind in self.host.kinds]
        assert len(rows["values"]) >= 4 * (self.host.cpus + 1), "all processors, and each"
        for row in rows["values"]:
            total = sum(row[place] for place in places)
            assert abs(total - 100) < 0.01, (total, row)

    def a_wrong_password_is_told_and_not_tried_again_at_once(self):
        agent = self.agent("wrong", token="guessed")
        status, said = agent.check()
        words = "credentials refused (status 401: authorization failed)"
        assert status == 1 and words in said, said
        agent.run().says(words)
        time.sleep(6)
        agent.stop()
        assert agent.said().count("refused") == 1, agent.said()
        assert "guessed" not in agent.said()

    def a_user_who_may_not_make_the_database_is_told_so(self):
        self.influx.query("CREATE USER poor WITH PASSWORD 'secret'")
        agent = self.agent("forbidden", user='"poor"')
        status, said = agent.check()
        words = "credentials refused"
        assert status == 1 and words in said and "status 403" in said, said

    def a_type_conflict_costs_its_own_points_and_is_told_once(self):
        self.influx.query("CREATE DATABASE conflict")
        self.influx.write("conflict", f"mem,host={self.host.name} total=1.5 {int(time.time()) - 5}")
        agent = self.agent("conflict")
        status, said = agent.check()
        assert status == 1 and "field type conflict" in said, said
        agent.run().says("field type conflict")
        until(lambda: self.count("conflict") >= 5, 30, "the other points are stored")
        agent.stop()
        assert agent.said().count("field type conflict") == 1, agent.said()
        found = self.influx.query("SELECT count(total) FROM mem", "conflict")
        assert found[0]["values"][0][1] == 1, found

    def check_says_what_it_did(self):
        status, said = self.agent("checked").check()
        assert status == 0 and "bytes, and they are stored" in said, said
        assert self.count("checked") == 1

    def victoria_metrics_takes_the_same_points(self):
        agent = Agent(self.program, f"{self.work}/vm", self.victoria.url, database='"telegraf"')
        status, said = agent.check()
        assert status == 0, said
        agent.run()
        pending = promql(self.host)

        def ask():
            for query, series, expected in list(pending):
                found = self.victoria.query(query)
                values = [float(one["value"][1]) for one in found]
                if len(values) >= series and all(fits(value, expected) for value in values):
                    pending.remove((query, series, expected))
            return not pending

        try:
            until(ask, 60, "every query")
        except AssertionError as error:
            answers = [(query, self.victoria.query(query)) for query, *_ in pending]
            raise AssertionError(answers) from error
        agent.stop()

    # --- With the server for themselves.

    def a_password_that_is_changed_and_set_back_costs_no_sample(self):
        agent = self.agent("changed", interval="3s").run()
        until(lambda: self.count("changed") >= 2, 20, "two samples")
        self.influx.query("SET PASSWORD FOR admin = 'other'")
        agent.says("credentials refused (status 401")
        self.influx.query("SET PASSWORD FOR admin = 'secret'", login="admin:other")
        agent.says("connected again after", 75)
        agent.stop()
        self.assert_no_gap("changed", 3)

    def an_outage_is_in_within_fifteen_seconds_of_the_return(self):
        agent = self.agent("outage").run()
        until(lambda: self.count("outage") >= 3, 20, "three samples")
        self.influx.stop()
        agent.says("could not connect")
        time.sleep(20)
        self.influx.start()
        back = time.time()
        agent.says("connected again after", 15)
        until(lambda: self.newest("outage") >= back, 15 - (time.time() - back), "what is now")
        self.assert_no_gap("outage")
        agent.stop()

    def newest(self, database):
        """The time of the newest sample."""
        return self.influx.query("SELECT last(load1) FROM system", database)[0]["values"][0][0]

    def assert_no_gap(self, database, interval=1):
        """A sample for each interval, give or take a second."""
        rows = self.influx.query("SELECT load1 FROM system", database)[0]["values"]
        times = [row[0] for row in rows]
        gaps = [(a, b) for a, b in zip(times, times[1:]) if b - a > interval + 1]
        assert not gaps, gaps
        assert len(times) == len(set(times))


def main():
    """Runs all of them."""
    tests = Tests(*sys.argv[1:4])
    try:
        tests.beside(
            tests.a_missing_database_is_made_and_every_dashboard_finds_its_points,
            tests.every_field_has_the_type_of_the_table,
            tests.shares_of_processors_are_a_hundred,
            tests.a_wrong_password_is_told_and_not_tried_again_at_once,
            tests.a_user_who_may_not_make_the_database_is_told_so,
            tests.a_type_conflict_costs_its_own_points_and_is_told_once,
            tests.check_says_what_it_did,
            tests.victoria_metrics_takes_the_same_points,
        )
        tests.beside(tests.an_outage_is_in_within_fifteen_seconds_of_the_return)
        tests.beside(tests.a_password_that_is_changed_and_set_back_costs_no_sample)
    finally:
        stop_all()
    failed = {name: fault for name, fault in tests.results.items() if fault}
    for name, fault in failed.items():
        print(f"\n--- {name}\n{fault}")
    passed = len(tests.results) - len(failed)
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {passed} passed; {len(failed)} failed; 0 ignored")
    sys.exit(bool(failed))


main()
