"""The agent and Spring's simple broker."""

import os
import time
import unittest

from process import Agent, Process, free_port
from subscriber import Subscriber
from told import AGENT, ROOT, main

UP = r"INFO .*: connected"
JAVA = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar"]


class Broker:
    """The application of tests/interop/spring."""

    def __init__(self, **options):
        self.port = free_port()
        self.options = [f"--{name}={value}" for name, value in options.items()]
        self.start()

    def start(self):
        where = [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        jar = os.path.abspath("spring/target/broker.jar")
        self.process = Process("spring", [*JAVA, jar, *where, *self.options])

    def version(self):
        return self.process.wait_for(r"ready: (.*)", seconds=120)[1]

    def stop(self):
        self.process.stop()

    def url(self, path="/ws"):
        return f"ws://127.0.0.1:{self.port}{path}"


class Spring(unittest.TestCase):
    """One without a scheduler, one with, one with the interceptor that fails on beats."""

    @classmethod
    def setUpClass(cls):
        cls.plain, cls.beating = Broker(), Broker(beats=1000)
        cls.counted = Broker(beats=1000, counted="true")
        cls.all = [cls.plain, cls.beating, cls.counted]
        print("against " + {broker.version() for broker in cls.all}.pop())

    @classmethod
    def tearDownClass(cls):
        for broker in cls.all:
            broker.stop()

    def agent(self, url, **settings):
        agent = Agent(AGENT, url, **settings)
        self.addCleanup(agent.stop)
        return agent

    def subscriber(self, broker, destination):
        subscriber = Subscriber(broker.url(), destination)
        self.addCleanup(subscriber.close)
        return subscriber

    def test_1_a_page_gets_the_documented_topic(self):
        destination = "/topic/metric/pi-1/memory.total[VALUE]"
        subscriber = self.subscriber(self.plain, destination)
        agent = self.agent(self.plain.url())
        found, body = subscriber.message()
        self.assertEqual((found, body["name"]), (destination, "memory.total[VALUE]"))
        self.assertGreater(body["value"]["value"], 1e6)
        self.assertLess(abs(body["value"]["timestamp"] / 1000 - time.time()), 60)
        all_of_them = self.subscriber(self.plain, "/topic/metric/**")
        self.assertGreaterEqual(len(all_of_them.names(40)), 15)
        self.assertEqual(agent.count("link lost"), 0)

    def test_2_the_raw_socket_of_sockjs_serves(self):
        subscriber = self.subscriber(self.plain, "/topic/metric/pi-1/cpu.usage[VALUE]")
        self.agent(self.plain.url("/sockjs/websocket"), metrics=["cpu.usage"])
        self.assertEqual(subscriber.message()[1]["name"], "cpu.usage[VALUE]")

    def test_3_the_endpoint_of_sockjs_itself_is_refused_in_words(self):
        agent = self.agent(self.plain.url("/sockjs"))
        agent.wait_for(r"could not connect; next attempt in .* at /websocket \(HTTP 400\)")

    def test_4_what_is_larger_than_tomcats_buffer_arrives(self):
        subscriber = self.subscriber(self.plain, "/topic/x*/**")
        # Some 20 messages of more than 1 kB, all in one report.
        long = "/topic/" + 900 * "x" + "/{id}/{metric}"
        agent = self.agent(self.plain.url(), destination=long)
        self.assertGreaterEqual(len(subscriber.names(40)), 15)
        self.assertEqual(agent.count("link lost"), 0)

    def test_5_a_whole_sample_is_one_message(self):
        subscriber = self.subscriber(self.plain, "/topic/sample/pi-1")
        fixture = os.path.join(ROOT, "tests/fixtures/server/t1/proc")
        agent = self.agent(self.plain.url(), mode="sample", proc=fixture)
        _, body = subscriber.message()
        self.assertIn("memory", body)
        self.assertEqual(agent.count("link lost"), 0)

    def test_6_a_scheduler_drops_nobody_who_is_silent_or_beats(self):
        silent = self.agent(self.beating.url(), interval="1h")
        beats = self.agent(self.beating.url(), interval="1h", heartbeat="1000,1000")
        silent.wait_for(UP)
        beats.wait_for(UP)
        time.sleep(8)
        self.assertEqual(silent.count("link lost") + beats.count("link lost"), 0)

    def test_7_an_interceptor_that_fails_on_a_beat_gets_no_more(self):
        agent = self.agent(self.counted.url(), interval="3s", heartbeat="1000,1000")
        agent.wait_for("link lost: the server failed on our first heartbeat: none is sent from now")
        agent.wait_for("connected again after", seconds=30)
        subscriber = self.subscriber(self.counted, "/topic/metric/pi-1/uptime[VALUE]")
        for _ in range(3):
            subscriber.message()
        self.assertEqual(agent.count("link lost"), 1)

    def test_8_who_comes_and_goes_is_counted(self):
        before = self.counted.process.count("DISCONNECT")
        agent = self.agent(self.counted.url())
        agent.wait_for(UP)
        code, seconds = agent.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 2)
        self.counted.process.wait_for("DISCONNECT", times=before + 1)

    def test_9_a_restart_is_survived(self):
        agent = self.agent(self.plain.url())
        agent.wait_for(UP)
        self.plain.stop()
        agent.wait_for("link lost: .*next attempt in")
        self.plain.start()
        agent.wait_for("connected again after", seconds=60)
        self.subscriber(self.plain, "/topic/metric/**").names(10)


main(__name__)
