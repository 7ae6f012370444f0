"""Runs one broker's tests, in order, and says so in a line that the gate can sum up."""

import signal
import sys
import unittest

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
AGENT, ROOT = sys.argv[1:3]


def main(module):
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {result.testsRun - failed} passed; {failed} failed;")
    sys.exit(1 if failed else 0)
