"""The agent and ActiveMQ Classic."""

import os
import time
import unittest

from process import Agent, Process, free_port
from subscriber import Subscriber
from told import AGENT, ROOT, main

UP = r"INFO .*: connected"
JAVA = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]


class Broker:
    """The program of tests/interop/activemq."""

    def __init__(self):
        self.port = free_port()
        self.start()

    def start(self):
        where = os.path.abspath("activemq/target")
        classes = f"{where}/classes:{where}/dependency/*"
        self.process = Process(
            "activemq", [*JAVA, classes, "kinglet.interop.Broker", str(self.port)]
        )
        self.version = self.process.wait_for(r"ready: (.*)", seconds=120)[1]

    def stop(self):
        self.process.stop()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/"


class ActiveMq(unittest.TestCase):
    """One broker for all, and an agent for each."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        print(f"against {cls.broker.version}")

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def agent(self, token="secret", **settings):
        agent = Agent(AGENT, self.broker.url, token=token, **({"login": "kinglet"} | settings))
        self.addCleanup(agent.stop)
        return agent

    def subscriber(self, destination):
        subscriber = Subscriber(self.broker.url, destination, "kinglet", "secret")
        self.addCleanup(subscriber.close)
        return subscriber

    def test_1_metrics_arrive(self):
        # It reads one frame of a message: the last of a report shows that none is behind another.
        subscriber = self.subscriber("/topic/metric/pi-1/processes.total[VALUE]")
        agent = self.agent()
        for _ in range(3):
            self.assertEqual(subscriber.message()[1]["name"], "processes.total[VALUE]")
        self.assertEqual(agent.count("link lost|does not take"), 0)

    def test_2_a_whole_sample_arrives(self):
        subscriber = self.subscriber("/topic/sample/pi-1")
        fixture = os.path.join(ROOT, "tests/fixtures/server/t1/proc")
        agent = self.agent(mode="sample", proc=fixture)
        self.assertIn("memory", subscriber.message()[1])
        self.assertEqual(agent.count("link lost|does not take"), 0)

    def test_3_a_wrong_password_is_said_and_not_tried_again(self):
        agent = self.agent(token="wrong")
        line = agent.wait_for(r"credentials refused \(User name .*next attempt in (\d+)")
        self.assertGreaterEqual(int(line[1]), 60)
        self.assertEqual(agent.count("wrong"), 0)

    def test_4_beats_are_kept_on_both_sides(self):
        agent = self.agent(heartbeat="1000,1000", interval="5s")
        agent.wait_for(UP)
        time.sleep(8)
        self.assertEqual(agent.count("link lost"), 0)

    def test_5_a_stop_is_a_disconnect_and_no_fault(self):
        agent = self.agent()
        agent.wait_for(UP)
        code, seconds = agent.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 2)

    def test_6_a_restart_is_survived(self):
        agent = self.agent()
        agent.wait_for(UP)
        self.broker.stop()
        agent.wait_for("link lost: .*next attempt in")
        self.broker.start()
        agent.wait_for("connected again after", seconds=60)
        subscriber = self.subscriber("/topic/metric/pi-1/uptime[VALUE]")
        self.assertEqual(subscriber.message()[1]["name"], "uptime[VALUE]")


main(__name__)
