# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the producer share."""

import logging
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

CLIENT = Path(__file__).resolve().parents[3] / "deploy" / "clients" / "python"
sys.path.insert(0, str(CLIENT))

import kedge  # noqa: E402

FEATURES = {
    "dep_delay": -9.0, "sched_dep_hour": 10.5, "distance": 628, "temp": 39.9, "humid": 40.7,
    "wind_speed": 20.7, "precip": 0.0, "visib": 10.0, "pressure": 1012.1, "plane_age": None,
    "carrier": "US", "origin": "JFK",
}


class ProducerTest(unittest.TestCase):
    """A test with a directory of its own, and the log's warnings collected."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="kedge-")
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "kedge.sock")
        self.told = []
        handler = logging.Handler()
        handler.emit = lambda record: self.told.append(record.getMessage())
        logger = logging.getLogger("kedge")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)

    def impatient(self):
        """From now on attempts to connect come quickly: a test makes many."""
        patch = mock.patch.object(kedge, "_LAST_DELAY", 0.02)
        patch.start()
        self.addCleanup(patch.stop)

    def log(self, **options):
        """A log on the test's path, closed after it."""
        log = kedge.PredictionLog(Path(self.path), "delay", "1", **options)
        self.addCleanup(log.close, 0.0)
        return log

    def eventually(self, condition, what="it", timeout=20.0):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"{what} did not happen in {timeout} s")
            time.sleep(0.002)

    def assert_balance(self, counts, acknowledged=False):
        """Every record is accounted for, once."""
        settled = counts.acknowledged if acknowledged else counts.sent
        self.assertEqual(counts.logged, settled + counts.dropped + counts.queued, counts)


def run_script(text, *arguments, timeout=60):
    """Runs a program of its own with this Python; it finds `kedge`."""
    return subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)], timeout=timeout,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        env={**os.environ, "PYTHONPATH": str(CLIENT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
