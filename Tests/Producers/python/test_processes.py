# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Forks, exits and floods: the log in processes of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from unittest import mock

from fake_sidecar import FakeSidecar
from support import FEATURES, ProducerTest, kedge, run_script

# A sidecar that can be stopped by a signal: it reads and forgets.
DRAIN = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(8)
print("listening", flush=True)
while True:
    peer, _ = listener.accept()
    while peer.recv(1 << 20):
        pass
"""


class ForkTest(ProducerTest):
    def fork(self, work):
        """Runs something in a forked child, which ends without what belongs to the test."""
        child = os.fork()
        if child:
            return child
        try:
            work()
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)

    def wait(self, children):
        for child in children:
            self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_children_begin_anew_while_the_parent_logs_from_threads(self):
        for acknowledge in (False, True):
            with self.subTest(acknowledge=acknowledge), FakeSidecar(self.path) as sidecar:
                log = self.log(acknowledge=acknowledge)
                over = threading.Event()

                def flood(name):
                    while not over.is_set():
                        log.log({"name": name}, 1)
                        time.sleep(0)

                def work():
                    counts = log.counts
                    assert counts == kedge.Counts(0, 0, 0, 0, 0, 0, False), counts
                    for _ in range(100):
                        log.log({"name": f"child {os.getpid()}"}, 1)
                    assert log.flush(20), log.counts
                    log.close(20)
                    assert log.counts.logged == 100 and not log.counts.dropped, log.counts

                threads = [threading.Thread(target=flood, args=("parent",)) for _ in range(2)]
                for thread in threads:
                    thread.start()
                self.eventually(lambda: log.counts.sent > 100)
                children = [self.fork(work) for _ in range(8)]
                self.wait(children)
                over.set()
                for thread in threads:
                    thread.join()
                self.assertTrue(log.flush(20))
                log.close()
                expected = {f"child {child}": 100 for child in children}
                expected["parent"] = log.counts.logged
                self.eventually(lambda: len(sidecar.records()) == sum(expected.values()))
                names = Counter(record["features"]["name"] for record in sidecar.records())
                self.assertEqual(names, expected)
                sessions = {hello["session"] for hello in sidecar.hellos}
                self.assertEqual(len(sessions), len(sidecar.hellos), "a session was shared")
                self.assertEqual(len(sessions), 9)
                self.assertEqual((sidecar.breaches, sidecar.truncated), ([], 0))

    def test_a_child_has_none_of_the_parents_records_and_descriptors(self):
        log = self.log()
        for _ in range(10):
            log.log(FEATURES, 1)
        self.eventually(lambda: self.told)
        shipper = log._shipper

        def work():
            assert log.counts.queued == 0
            assert (shipper._bell, shipper._far, log._shipper) == (-1, -1, None)

        self.wait([self.fork(work)])
        self.assertEqual(log.counts.queued, 10)

    def test_a_fork_of_a_fork_and_of_a_closed_log(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()

            def grandchild():
                log.log({"name": "grandchild"}, 1)
                log.close()

            def child():
                log.log({"name": "child"}, 1)
                assert log.flush()
                self.wait([self.fork(grandchild)])
                log.close()

            self.wait([self.fork(child)])
            log.log({"name": "parent"}, 1)
            log.close()
            self.wait([self.fork(lambda: log.log({"name": "too late"}, 1) or log.close())])
            self.eventually(lambda: len(sidecar.records()) == 3)
        names = {record["features"]["name"] for record in sidecar.records()}
        self.assertEqual(names, {"parent", "child", "grandchild"})


class ExitTest(ProducerTest):
    SCRIPT = """
import sys, kedge
log = kedge.PredictionLog(sys.argv[1], "delay", "1", acknowledge=sys.argv[3] == "True")
for number in range(int(sys.argv[2])):
    log.log({"number": number}, 0.5)
"""

    def test_what_is_queued_at_exit_is_sent(self):
        for acknowledge in (False, True):
            with FakeSidecar(self.path) as sidecar:
                done = run_script(self.SCRIPT, self.path, 5_000, acknowledge)
                self.eventually(lambda: len(sidecar.records()) == 5_000)
            self.assertEqual((done.returncode, done.stderr, sidecar.breaches), (0, "", []))

    def test_an_exit_with_a_full_queue_does_not_hang(self):
        for acknowledge in (False, True):
            with FakeSidecar(self.path) as sidecar:
                sidecar.stop_reading()
                start = time.monotonic()
                done = run_script(self.SCRIPT, self.path, 50_000, acknowledge)
                elapsed = time.monotonic() - start
                sidecar.go_on()
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertLess(elapsed, 15)
        done = run_script(self.SCRIPT, self.path + ".absent", 50_000, False)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("Traceback", done.stderr)

    def test_children_of_multiprocessing_close(self):
        script = """
import multiprocessing, sys, kedge
log = kedge.PredictionLog(sys.argv[1], "delay", "1")
def work(name):
    with log:
        log.log({"name": name}, 1)
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    log.log({"name": "parent"}, 1)
    children = [context.Process(target=work, args=(f"child {n}",)) for n in range(4)]
    [child.start() for child in children]
    [child.join() for child in children]
"""
        with FakeSidecar(self.path) as sidecar:
            done = run_script(script, self.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.eventually(lambda: len(sidecar.records()) == 5)

    def test_no_thread_to_be_had(self):
        log = self.log()
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("no")):
            log.log(FEATURES, 1)
            log.log(FEATURES, 1)
        self.assertEqual((log.counts.queued, len(self.told)), (2, 1))
        with FakeSidecar(self.path) as sidecar:
            log.log(FEATURES, 1)
            log.close()
            self.eventually(lambda: len(sidecar.records()) == 3)

    def test_a_signal_handler_may_log(self):
        script = """
import signal, sys, kedge
log = kedge.PredictionLog(sys.argv[1], "delay", "1", acknowledge=True)
calls = []
def handler(number, frame):
    calls.append(number)
    log.log({"from": "handler"}, 1)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
for number in range(30_000):
    log.log({"from": "main"}, 1)
signal.setitimer(signal.ITIMER_REAL, 0)
assert log.flush(20), log.counts
print(len(calls), log.counts.acknowledged, log.counts.dropped)
"""
        with FakeSidecar(self.path) as sidecar:
            done = run_script(script, self.path)
        self.assertEqual((done.returncode, done.stderr, sidecar.breaches), (0, "", []))
        count, acknowledged, dropped = map(int, done.stdout.split())
        self.assertGreater(count, 10)
        self.assertEqual(acknowledged + dropped, 30_000 + count)


class FloodTest(ProducerTest):
    SCRIPT = """
import sys, time, kedge
log = kedge.PredictionLog(sys.argv[1], "delay", "1", acknowledge=sys.argv[2] == "True")
features = {f"feature {n}": n * 0.1 for n in range(12)}
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
def flood(records):
    for number in range(records):
        log.log(features, 0.5)
flood(30_000)
before = resident()
flood(100_000)
print(resident() - before, log.counts.logged)
log.close(0)
"""

    def test_memory_stays_flat(self):
        with FakeSidecar(self.path) as sidecar:
            for acknowledge in (False, True):
                # Nobody there; then somebody who reads nothing.
                for path in (self.path + ".absent", self.path):
                    sidecar.stop_reading()
                    done = run_script(self.SCRIPT, path, acknowledge)
                    growth, logged = map(int, done.stdout.split())
                    self.assertEqual(logged, 130_000)
                    self.assertLess(growth, 2 << 20, f"acknowledge={acknowledge}, {path}")
            sidecar.go_on()

    def test_the_caller_does_not_feel_a_stopped_sidecar(self):
        drain = subprocess.Popen([sys.executable, "-c", DRAIN, self.path], stdout=subprocess.PIPE)
        try:
            self.assertEqual(drain.stdout.readline(), b"listening\n")
            log = self.log()

            def cost():
                """The median of what a record costs this thread, in microseconds."""
                costs = []
                for _ in range(30):
                    start = time.thread_time()
                    for _ in range(300):
                        log.log(FEATURES, 0.5)
                    costs.append((time.thread_time() - start) / 300 * 1e6)
                    time.sleep(0.002)
                return sorted(costs)[15]

            cost()
            present = cost()
            drain.send_signal(signal.SIGSTOP)
            while not log.counts.dropped:
                log.log(FEATURES, 0.5)
            stopped = cost()
            self.assertGreater(log.counts.dropped, 1_000)
            print(f"\n{stopped:.1f} us a record with the sidecar stopped, {present:.1f} us with it "
                  f"present: {stopped / present:.2f} x", file=sys.stderr)
        finally:
            drain.send_signal(signal.SIGCONT)
            drain.kill()
            drain.wait()
            drain.stdout.close()
