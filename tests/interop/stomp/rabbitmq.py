"""The agent and RabbitMQ's web-STOMP."""

import json
import os
import subprocess
import time
import unittest

from process import Agent, Process, free_port
from subscriber import Subscriber
from told import AGENT, main

BIN = "/usr/lib/rabbitmq/bin"
DOTS = "/topic/metric.{id}.{metric}"
UP = r"INFO .*: connected"


class Rabbit:
    """A node of its own, on ports and in a folder of its own."""

    def __init__(self):
        self.port, epmd, self.amqp = free_port(), free_port(), free_port()
        home = os.path.abspath("rabbit")
        os.makedirs(home)
        with open(f"{home}/plugins", "w", encoding="utf-8") as plugins:
            plugins.write("[rabbitmq_web_stomp].\n")
        with open(f"{home}/rabbitmq.conf", "w", encoding="utf-8") as config:
            config.write(f"listeners.tcp.1 = 127.0.0.1:{self.amqp}\n")
            config.write("web_stomp.tcp.ip = 127.0.0.1\n")
            config.write(f"web_stomp.tcp.port = {self.port}\n")
            config.write(f"stomp.listeners.tcp.1 = 127.0.0.1:{free_port()}\n")
            config.write("default_user = kinglet\ndefault_pass = secret\n")
            config.write("log.console = true\nlog.file = false\n")
        self.environment = os.environ | {
            "HOME": home,
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"kinglet{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.amqp),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_LOG_BASE": home,
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_PID_FILE": f"{home}/pid",
        }
        self.epmd = Process("epmd", ["epmd"], env=self.environment)
        self.start()

    def start(self):
        self.node = Process("rabbit", [f"{BIN}/rabbitmq-server"], env=self.environment)
        self.node.wait_for("Server startup complete", seconds=120)
        self.version = self.node.wait_for(r"Starting RabbitMQ (\S+) on Erlang (\S+)").groups()

    def control(self, *arguments):
        done = subprocess.run(
            [f"{BIN}/rabbitmqctl", *arguments],
            env=self.environment, capture_output=True, text=True, check=False, timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self):
        self.node.stop()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws"


class RabbitMq(unittest.TestCase):
    """One node for all, and an agent for each."""

    @classmethod
    def setUpClass(cls):
        cls.rabbit = Rabbit()
        print("against RabbitMQ {} on Erlang {}".format(*cls.rabbit.version))

    @classmethod
    def tearDownClass(cls):
        cls.rabbit.stop()
        cls.rabbit.epmd.stop()

    def agent(self, token="secret", **settings):
        usual = {"login": "kinglet", "destination": DOTS} | settings
        agent = Agent(AGENT, self.rabbit.url, token=token, **usual)
        self.addCleanup(agent.stop)
        return agent

    def subscriber(self, *how):
        login = ("kinglet", "secret")
        topic = "/topic/metric.pi-1.#"
        subscriber = Subscriber(self.rabbit.url, topic, *login, how or ("ack:auto",))
        self.addCleanup(subscriber.close)
        return subscriber

    def test_1_metrics_arrive_under_dots(self):
        subscriber = self.subscriber()
        agent = self.agent()
        destination, body = subscriber.message()
        self.assertEqual(destination, "/topic/metric.pi-1.cpu.usage")
        self.assertEqual(list(body), ["name", "description", "unit", "value"])
        self.assertEqual(list(body["value"]), ["value", "timestamp"])
        names = subscriber.names(30)
        self.assertIn("memory.total[VALUE]", names)
        self.assertIn("load_average.fifteen[VALUE]", names)
        self.assertEqual(agent.count("does not take|link lost"), 0)

    def test_2_a_slash_is_refused_and_told_once(self):
        agent = self.agent(destination="/topic/metric/{id}/{metric}[VALUE]")
        told = r"does not take all of a report: Invalid destination: .*; told once"
        agent.wait_for(told)
        time.sleep(3)  # three reports of 20 refusals each
        self.assertEqual(agent.count(told), 1)
        self.assertEqual(agent.count("link lost"), 0)

    def test_3_a_wrong_password_is_said_and_not_tried_again(self):
        agent = self.agent(token="wrong")
        line = agent.wait_for(r"credentials refused \(Bad CONNECT.*next attempt in (\d+)")
        self.assertGreaterEqual(int(line[1]), 60)
        self.assertNotIn("wrong", agent.said())
        time.sleep(4)
        self.assertEqual(agent.count("dialling"), 1)

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

    def test_6_a_full_disk_costs_no_connection(self):
        # RabbitMQ says that it blocks publishers, and was seen to take what web-STOMP sends.
        agent = self.agent()
        agent.wait_for(UP)
        self.rabbit.control("set_disk_free_limit", "900000000000000")
        self.rabbit.node.wait_for("disk resource limit alarm set")
        time.sleep(3)
        self.rabbit.control("set_disk_free_limit", "1000000")
        self.rabbit.node.wait_for("disk resource limit alarm cleared")
        subscriber = self.subscriber()
        subscriber.names(20)
        self.assertEqual(agent.count("link lost"), 0)

    def test_7_a_queue_that_overflows_loses_its_oldest_and_nothing_else(self):
        # A reader that acknowledges nothing, and a queue of five: the sixth drops the first.
        subscriber = self.subscriber("ack:client-individual", "prefetch-count:1", "x-max-length:5")
        agent = self.agent()
        headers, first = subscriber.receive("MESSAGE")
        time.sleep(4)  # eighty messages
        waiting = self.rabbit.control("list_queues", "--quiet", "--no-table-headers", "messages")
        self.assertEqual(waiting.split(), ["6"])
        subscriber.acknowledge(headers)
        _, next_one = subscriber.receive("MESSAGE")
        taken = [json.loads(body)["value"]["timestamp"] for body in (first, next_one)]
        self.assertGreater(taken[1] - taken[0], 2000)
        self.assertEqual(agent.count("does not take|link lost"), 0)

    def test_8_a_restart_is_survived_and_a_changed_password_is_said(self):
        agent = self.agent()
        agent.wait_for(UP)
        self.rabbit.stop()
        agent.wait_for("link lost: .*next attempt in")
        self.rabbit.start()
        agent.wait_for("connected again after", seconds=60)
        self.subscriber().names(20)
        self.rabbit.control("change_password", "kinglet", "changed")
        self.rabbit.stop()
        self.rabbit.start()
        agent.wait_for(r"credentials refused \(Bad CONNECT", seconds=60)


main(__name__)
