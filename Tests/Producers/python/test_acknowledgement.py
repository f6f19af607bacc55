# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Acknowledged records: decided exactly once, whatever happens to the sidecar."""

import random
import time

from fake_sidecar import FakeSidecar
from support import FEATURES, ProducerTest


class AcknowledgementTest(ProducerTest):
    def test_records_are_numbered_and_released_when_acknowledged(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log(acknowledge=True, producer="pod-7")
            for number in range(1_000):
                log.log({"number": number}, 0.5)
            log.log_actual("a", 1)
            self.assertTrue(log.flush(10))
            self.assertEqual(log.counts[:6], (1_001, 1_001, 1_001, 0, 0, 0))
            log.close()
        (hello,) = sidecar.hellos
        self.assertEqual(hello["ack"], True)
        (session,) = sidecar.sessions.values()
        self.assertEqual(session.counted, {seq: 1 for seq in range(1, 1_002)})
        self.assertEqual([record["features"]["number"] for record in session.records[:-1]],
                         list(range(1_000)))
        self.assertEqual((sidecar.breaches, session.duplicates), ([], 0))

    def test_kills_at_random_moments_lose_and_double_nothing(self):
        """The sidecar dies after any number of bytes; each record is decided once all the same."""
        self.impatient()
        for seed in range(12):
            with self.subTest(seed=seed):
                self._survive(seed)

    def _survive(self, seed):
        chance = random.Random(seed)
        sidecar = FakeSidecar(self.path, seed=seed, read_bytes=chance.choice([50, 700, 8_000]))
        log = self.log(acknowledge=True)
        logged = 0
        for _ in range(12):
            sidecar.start(kill_after=chance.randint(1, 12_000))
            while sidecar.thread.is_alive():
                for _ in range(chance.randint(1, 20)):
                    log.log({"number": logged}, 0.5)
                    logged += 1
                sidecar.thread.join(0.002)
        acknowledged = log.counts.acknowledged
        (session,) = sidecar.sessions.values() if sidecar.sessions else (None,)
        if session:
            self.assertLessEqual(acknowledged, session.decided)
        sidecar.read_bytes = 65_536
        sidecar.start()
        self.assertTrue(log.flush(10), log.counts)
        log.close()
        sidecar.kill()
        (session,) = sidecar.sessions.values()
        self.assertEqual(session.counted, {seq: 1 for seq in range(1, logged + 1)})
        self.assertEqual([record["features"]["number"] for record in session.records],
                         list(range(logged)))
        self.assertEqual(log.counts.acknowledged, logged)
        self.assertEqual((log.counts.dropped, sidecar.breaches), (0, []))

    def test_a_full_ring_drops_the_oldest_and_both_sides_agree(self):
        self.impatient()
        for seed in range(6):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                sidecar = FakeSidecar(self.path, seed=seed)
                log = self.log(acknowledge=True, capacity_bytes=30_000)
                logged = 0
                for _ in range(5):
                    sidecar.start(kill_after=chance.randint(1, 40_000))
                    while sidecar.thread.is_alive():
                        for _ in range(chance.choice([1, 10, 1_000])):
                            log.log({"number": logged}, 0.5)
                            logged += 1
                        sidecar.thread.join(0.002)
                sidecar.start()
                self.assertTrue(log.flush(10), log.counts)
                log.close()
                counts = log.counts
                sidecar.kill()
                self.assert_balance(counts, acknowledged=True)
                (session,) = sidecar.sessions.values()
                self.assertEqual(session.dropped, counts.dropped)
                self.assertEqual(set(session.counted.values()), {1})
                # A record that was dropped while it was on its way may have been counted as well.
                self.assertGreaterEqual(len(session.counted), counts.acknowledged)
                self.assertGreaterEqual(len(session.counted) + counts.dropped, logged)
                for record in session.records:
                    self.assertEqual(record["features"]["number"], record["seq"] - 1)
                self.assertEqual(sidecar.breaches, [])

    def test_an_acknowledgement_releases_no_more_than_it_says_after_drops(self):
        self.impatient()
        for kill_after in range(2_000, 4_500, 250):
            with self.subTest(kill_after=kill_after):
                sidecar = FakeSidecar(self.path, read_bytes=200).start(kill_after=kill_after)
                log = self.log(acknowledge=True, capacity_bytes=8_000)
                self.eventually(lambda: not log.log({}, 0.5) and log.counts.acknowledged)
                first = log.counts.logged
                sidecar.stop_reading()
                time.sleep(0.01)
                for number in range(30):
                    log.log({"number": number}, 0.5)
                self.eventually(lambda: log.counts.sent >= first + 30, "all on their way")
                while log.counts.dropped < 10:
                    log.log({}, 0.5)
                sidecar.go_on()
                self.assertTrue(sidecar.wait_for_death())
                sidecar.start()
                self.assertTrue(log.flush(10))
                log.close()
                sidecar.kill()
                (session,) = sidecar.sessions.values()
                lost = set(range(1, log.counts.logged + 1)) - set(session.counted)
                # Only the oldest that were not acknowledged yet can be lost: those dropped.
                self.assertLessEqual(max(lost, default=0), first + session.dropped)
                self.assertEqual((sidecar.breaches, session.dropped), ([], log.counts.dropped))

    def test_drops_before_the_first_connection_are_exact(self):
        log = self.log(acknowledge=True, capacity_bytes=10_000)
        for number in range(1_000):
            log.log({"number": number}, 0.5)
        log.log({"number": {1, 2}}, 0.5)
        dropped = log.counts.dropped
        with FakeSidecar(self.path) as sidecar:
            self.assertTrue(log.flush(10))
            self.eventually(lambda: sidecar.dropped() == dropped)
            (session,) = sidecar.sessions.values()
            self.assertEqual(sorted(session.counted), list(range(dropped, 1_001)))
            log.close()
        self.assertEqual(sidecar.breaches, [])

    def test_a_stopped_sidecar_is_waited_for(self):
        with FakeSidecar(self.path) as sidecar:
            sidecar.stop_reading()
            time.sleep(0.05)
            log = self.log(acknowledge=True)
            for _ in range(100):
                log.log(FEATURES, 1)
            self.eventually(lambda: log.counts.connected)
            self.assertFalse(log.flush(0.1))
            self.assertEqual(log.counts.sent, 0)
            sidecar.go_on()
            self.assertTrue(log.flush(10))
            log.close()
        self.assertEqual(sidecar.breaches, [])

    def test_a_replaced_sidecar_without_a_memory_counts_what_is_left(self):
        first = FakeSidecar(self.path).start()
        log = self.log(acknowledge=True)
        log.log({"number": 0}, 1)
        self.assertTrue(log.flush())
        first.kill()
        log.log({"number": 1}, 1)
        with FakeSidecar(self.path) as second:
            self.assertTrue(log.flush(10))
            self.assertEqual([record["seq"] for record in second.records()], [2])
            self.assertEqual(first.hellos[0]["session"], second.hellos[0]["session"])
            log.close()

    def test_close_waits_for_the_last_acknowledgement(self):
        for seed in range(10):
            with self.subTest(seed=seed), FakeSidecar(self.path, seed=seed) as sidecar:
                log = self.log(acknowledge=True)
                for _ in range(50):
                    log.log(FEATURES, 1)
                log.close(10)
                self.assertEqual(log.counts[:6], (50, 50, 50, 0, 0, 0))
                self.assertEqual(sidecar.breaches, [])

    def test_a_sidecar_that_gives_none_is_sent_to_all_the_same(self):
        with FakeSidecar(self.path, acknowledges=False) as sidecar:
            log = self.log(acknowledge=True)
            for _ in range(100):
                log.log(FEATURES, 1)
            self.assertTrue(log.flush(10))
            self.assertEqual(log.counts[:6], (100, 100, 0, 0, 0, 0))
            self.eventually(lambda: len(sidecar.records()) == 100)
            sidecar.kill()
            self.eventually(lambda: not log.counts.connected)
            # The next one may have been upgraded.
            sidecar.acknowledges = True
            sidecar.start()
            log.log(FEATURES, 1)
            self.assertTrue(log.flush(10))
            self.assertEqual(log.counts.acknowledged, 1)
            log.close()
        self.assertEqual(sidecar.breaches, [])
        self.assertEqual(len([text for text in self.told if "ack_unsupported" in text]), 1)

    def test_strange_answers_release_nothing_that_was_not_sent(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log(acknowledge=True)
            log.log(FEATURES, 1)
            self.assertTrue(log.flush())
            for answer in ({"ack": 10**30}, {"ack": -1}, {"ack": True}, {"ack": "2"}, {"ack": 1.5},
                           {"hello": {"seq": 50}}, {"hello": None}, {}):
                sidecar._answer(sidecar.connections[0], answer)
            for _ in range(100):
                log.log(FEATURES, 1)
            self.assertTrue(log.flush(10))
            self.assertEqual(log.counts.acknowledged, 101)
            self.assertEqual(len(sidecar.records()), 101)
            log.close()
        self.assertEqual(len([text for text in self.told if "answered" in text]), 1)
