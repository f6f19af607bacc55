# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Records on their way, without acknowledgements: what arrives, what is dropped, what is told."""

import os
import threading
import time
from unittest import mock

from fake_sidecar import FakeSidecar
from support import FEATURES, ProducerTest, kedge


class DeliveryTest(ProducerTest):
    def test_what_is_logged_arrives_in_order_after_a_hello(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log(producer="pod-7/web")
            self.assertEqual(log.counts, (0, 0, 0, 0, 0, 0, False))
            for number in range(1_000):
                log.log({**FEATURES, "distance": number}, 0.5, id=number, latency=0.001)
            log.log_actual(3, True)
            self.assertTrue(log.flush())
            log.close()
            self.eventually(lambda: len(sidecar.records()) == 1_001)
            records = sidecar.records()
        self.assertEqual([record["features"]["distance"] for record in records[:-1]],
                         list(range(1_000)))
        self.assertEqual(records[-1], {"id": 3, "actual": True})
        (hello,) = sidecar.hellos
        self.assertEqual(hello["session"][-2:], "-1")
        del hello["session"]
        self.assertEqual(hello, {"producer": "pod-7/web", "model": "delay", "version": "1"})
        self.assertEqual((sidecar.breaches, sidecar.truncated), ([], 0))
        self.assertEqual(log.counts[:6], (1_001, 1_001, 0, 0, 0, 0))

    def test_several_threads_log_at_once(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()
            threads = [threading.Thread(target=lambda: [log.log(FEATURES, 1) for _ in range(500)])
                       for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            log.close()
            self.eventually(lambda: len(sidecar.records()) == 4_000)
        self.assertEqual(sidecar.breaches, [])
        self.assert_balance(log.counts)

    def test_it_waits_for_a_sidecar_that_comes_later(self):
        log = self.log()
        log.log(FEATURES, 0.5)
        self.eventually(lambda: self.told, "the first attempt")
        with FakeSidecar(self.path) as sidecar:
            self.eventually(lambda: sidecar.records(), "the record")
            self.assertTrue(log.counts.connected)
            log.close()
        self.assertEqual(len([text for text in self.told if "cannot be connected" in text]), 1)

    def test_a_stopped_sidecar_costs_the_oldest_records_and_is_told_how_many(self):
        for seed in range(5):
            with self.subTest(seed=seed), FakeSidecar(self.path, seed=seed) as sidecar:
                log = self.log(capacity_bytes=50_000)
                log.log({"number": -1}, 0.5)
                self.assertTrue(log.flush())
                sidecar.stop_reading()
                for number in range(20_000):
                    log.log({"number": number}, 0.5)
                self.assertGreater(log.counts.dropped, 0)
                sidecar.go_on()
                log.close(10)
                counts = log.counts
                self.eventually(lambda: len(sidecar.records()) == counts.sent, "all that was sent")
                self.eventually(lambda: sidecar.dropped() == counts.dropped, "all that was dropped")
                self.assert_balance(counts)
                self.assertEqual(counts.queued, 0)
                numbers = [record["features"]["number"] for record in sidecar.records()]
                self.assertEqual(numbers, sorted(set(numbers)))
                # The oldest make room: the newest are there.
                self.assertEqual(numbers[-100:], list(range(19_900, 20_000)))
                self.assertEqual((sidecar.breaches, sidecar.truncated), ([], 0))

    def test_drops_are_told_once_over_connections(self):
        log = self.log(capacity_bytes=2_000)
        for number in range(100):
            log.log({"number": number}, 0.5)
        first = log.counts.dropped
        self.assertGreater(first, 0)
        with FakeSidecar(self.path) as sidecar:
            self.assertTrue(log.flush(10))
            self.eventually(lambda: sidecar.dropped() == first)
        self.eventually(lambda: not log.counts.connected)
        for number in range(100):
            log.log({"number": number}, 0.5)
        sidecar.start()
        self.assertTrue(log.flush(10))
        self.eventually(lambda: sidecar.dropped() == log.counts.dropped)
        sidecar.kill()
        self.assertEqual(len({hello["session"] for hello in sidecar.hellos}), 2)
        self.assertEqual(sidecar.breaches, [])

    def test_a_line_sent_in_part_is_sent_whole_on_the_next_connection(self):
        self.impatient()
        for kill_after in [*range(400, 900, 37), 5_000, 70_000, 131_072, 200_000]:
            with self.subTest(kill_after=kill_after):
                sidecar = FakeSidecar(self.path).start(kill_after=kill_after)
                log = self.log()
                for number in range(3_000):
                    log.log({"number": number, "text": "x" * 200}, 0.5)
                self.assertTrue(sidecar.wait_for_death())
                sidecar.start()
                self.assertTrue(log.flush(10))
                log.close()
                counts = log.counts
                # What the dead one's buffer held is lost; the rest is one run without a gap.
                self.eventually(lambda: sidecar.records()
                                and sidecar.records()[-1]["features"]["number"] == 2_999)
                sidecar.kill()
                self.assertEqual(sidecar.breaches, [])
                last = list(sidecar.sessions.values())[-1].records
                numbers = [record["features"]["number"] for record in last]
                self.assertEqual(numbers, list(range(numbers[0], 3_000)))
                self.assert_balance(counts)
                self.assertEqual((counts.sent, counts.dropped), (3_000, 0))

    def test_what_the_socket_took_is_sent_and_what_it_did_not_take_is_kept(self):
        self.impatient()
        truncated = 0
        for hang_up_after in (1, 100, 5_000, 60_000, 131_072, 300_000, 400_001):
            with self.subTest(hang_up_after=hang_up_after):
                # Slow, so that the connection ends with a batch half sent.
                sidecar = FakeSidecar(self.path, read_bytes=1_000)
                sidecar.start(hang_up_after=hang_up_after)
                log = self.log()
                for number in range(4_000):
                    log.log({"number": number, "text": "x" * 200}, 0.5)
                self.assertTrue(log.flush(10))
                log.close()
                self.eventually(lambda: len(sidecar.records()) >= 4_000, "every record")
                sidecar.kill()
                numbers = [record["features"]["number"] for record in sidecar.records()]
                self.assertEqual(numbers, list(range(4_000)))
                self.assertEqual(sidecar.breaches, [])
                truncated += sidecar.truncated
        self.assertGreater(truncated, 0, "no line was cut")

    def test_a_replaced_socket_is_found(self):
        first = FakeSidecar(self.path).start()
        log = self.log()
        log.log(FEATURES, 1)
        self.assertTrue(log.flush())
        self.eventually(lambda: len(first.records()) == 1)
        second = FakeSidecar(self.path).start()
        log.log(FEATURES, 2)
        self.eventually(lambda: len(first.records()) == 2, "a record to the old one")
        first.kill()
        self.eventually(lambda: not log.counts.connected)
        log.log(FEATURES, 3)
        self.eventually(lambda: len(second.records()) == 1, "a record to the new one")
        log.close()
        second.kill()

    def test_what_is_no_socket_is_tried_on(self):
        with open(self.path, "w"):
            pass
        log = self.log()
        log.log(FEATURES, 1)
        self.eventually(lambda: self.told)
        os.unlink(self.path)
        with FakeSidecar(self.path) as sidecar:
            self.eventually(lambda: sidecar.records())
            log.close()

    def test_a_peer_that_closes_at_once_is_not_asked_in_a_loop(self):
        with FakeSidecar(self.path) as sidecar:
            sidecar._read = sidecar._close
            log = self.log()
            log.log(FEATURES, 1)
            time.sleep(0.5)
            attempts = len([text for text in self.told if "connected to" in text])
            self.assertLess(attempts, 8)

    def test_an_answer_is_told_once_and_changes_nothing(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()
            log.log(FEATURES, 1)
            self.eventually(lambda: sidecar.records())
            for answer in ({"error": {"code": "no"}}, {"ack": 5}, {"hello": {"seq": 9}}, [], 7):
                sidecar._answer(sidecar.connections[0], answer)
            sidecar.connections[0].socket.send(b"\xff\xfe\n{\n\n")
            log.log(FEATURES, 2)
            self.eventually(lambda: len(sidecar.records()) == 2)
            log.close()
        self.assertEqual(len([text for text in self.told if "answered" in text]), 1)
        self.assertEqual(log.counts.sent, 2)


class ClosingTest(ProducerTest):
    def test_close_sends_what_is_queued_and_drops_what_comes_later(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()
            for number in range(5_000):
                log.log(FEATURES, number)
            log.close()
            log.log(FEATURES, 5_001)
            self.eventually(lambda: len(sidecar.records()) == 5_000)
        self.assertEqual(log.counts[:6], (5_001, 5_000, 0, 1, 0, 0))

    def test_close_tries_once_more_and_gives_up(self):
        log = self.log()
        log.log(FEATURES, 1)
        self.eventually(lambda: self.told)
        start = time.monotonic()
        log.close()
        self.assertLess(time.monotonic() - start, 1.5)
        self.assertEqual(log.counts[:6], (1, 0, 0, 1, 0, 0))

    def test_the_last_attempt_does_not_wait_for_its_time(self):
        with mock.patch.multiple(kedge, _FIRST_DELAY=60.0, _LAST_DELAY=60.0):
            log = self.log()
            log.log(FEATURES, 1)
            self.eventually(lambda: self.told)
            with FakeSidecar(self.path) as sidecar:
                log.close(10)
                self.eventually(lambda: sidecar.records())

    def test_close_waits_for_a_stopped_sidecar_no_longer_than_it_is_told(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()
            log.log(FEATURES, 1)
            self.assertTrue(log.flush())
            sidecar.stop_reading()
            for _ in range(20_000):
                log.log(FEATURES, 1)
            self.assertFalse(log.flush(0.1))
            start = time.monotonic()
            log.close(0.3)
            elapsed = time.monotonic() - start
            sidecar.go_on()
        self.assertGreater(elapsed, 0.25)
        self.assertLess(elapsed, 1.5)
        self.assertGreater(log.counts.dropped, 0)
        self.assert_balance(log.counts)

    def test_close_without_a_record_and_twice(self):
        log = self.log()
        log.close()
        log.close()
        log.log(FEATURES, 1)
        self.assertEqual(log.counts.dropped, 1)

    def test_a_with_block_closes(self):
        with FakeSidecar(self.path) as sidecar:
            with self.log() as log:
                log.log(FEATURES, 1)
            self.assertFalse(log._shipper.thread.is_alive())
            self.eventually(lambda: len(sidecar.records()) == 1)
