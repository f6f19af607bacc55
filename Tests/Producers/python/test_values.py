# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What a record says: values as they were received, and nothing that stops the caller."""

import array
import collections
import decimal
import enum
import json
import logging
import math
import struct
import types
import uuid
from datetime import datetime, timezone

from fake_sidecar import FakeSidecar
from support import FEATURES, ProducerTest, kedge


class Scalar:
    """What numpy's scalars are to a caller that does not import numpy."""

    size = 1

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


class Array:
    """What numpy's arrays are to such a caller."""

    def __init__(self, values):
        self.values = values
        self.ndim = 2 if values and isinstance(values[0], list) else 1
        self.size = sum(map(len, values)) if self.ndim == 2 else len(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return Array(self.values[index])

    def tolist(self):
        return self.values

    def item(self):
        (value,) = self.values
        return value


class Row:
    """What a pandas Series or row is."""

    ndim = 1

    def to_dict(self):
        return {"a": Scalar(1.5)}


class Frame:
    """What a pandas frame is."""

    ndim = 2

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def to_dict(self, orient):
        assert orient == "records"
        return self.rows


class Model:
    """What a pydantic model is."""

    def model_dump(self):
        return {"a": 1}


class NAType:
    """The name of the type of pandas.NA."""


class Colour(str, enum.Enum):
    RED = "red"


class ValuesTest(ProducerTest):
    def line(self, *arguments, **options):
        """The line that a call makes, and as what JSON reads it; None if it made none."""
        log = self.log()
        lines = []
        log._ring.append = lines.append
        log._start = lambda: None
        log.log(*arguments, **options)
        if not lines:
            self.assertEqual(log.counts[:6], (1, 0, 0, 1, 1, 0))
            return None
        (line,) = lines
        self.assertEqual((line[-1:], line.count(b"\n")), (b"\n", 1))
        return json.loads(line)

    def test_a_record_has_the_names_of_the_protocol(self):
        record = self.line(
            FEATURES, 0.0823, model="m", version="2", id="f1", ts=1370077200.25, latency=0.0004,
            outcome="ok", trace_id="t",
        )
        self.assertEqual(record, {
            "ts": 1370077200.25, "prediction": 0.0823, "model": "m", "version": "2", "id": "f1",
            "latency": 0.0004, "outcome": "ok", "trace_id": "t", "features": FEATURES,
        })
        self.assertEqual(set(self.line({}, None)), {"ts", "features"})

    def test_features_by_name_or_in_order(self):
        for features, expected in [
            ({"a": 1}, {"a": 1}),
            ([1, None], [1, None]),
            ((1, "x"), [1, "x"]),
            (collections.OrderedDict(a=1), {"a": 1}),
            (types.MappingProxyType({"a": 1}), {"a": 1}),
            (collections.namedtuple("Row", "a b")(1, 2), [1, 2]),
            (array.array("d", [0.1]), [0.1]),
            (range(3), [0, 1, 2]),
            (Row(), {"a": 1.5}),
            (Model(), {"a": 1}),
            (Array([1, 2]), [1, 2]),
            (Array([[1, 2]]), [1, 2]),
            (Frame([{"a": 1}]), {"a": 1}),
        ]:
            with self.subTest(features=features):
                self.assertEqual(self.line(features, 1)["features"], expected)

    def test_values_keep_the_value_that_they_have(self):
        single = struct.unpack("f", struct.pack("f", 0.1))[0]
        for value, expected in [
            (Scalar(single), 0.10000000149011612), (0.1, 0.1), (1e300, 1e300), (-0.0, -0.0),
            (decimal.Decimal("0.25"), 0.25), (True, True), (Scalar(False), False),
            (Array([3]), 3), (Array([3, 4]), [3, 4]), (NAType(), None), (None, None),
            (2**60, 2**60), (Colour.RED, "red"), ("\u00e9\u4e16\0\"\n", "\u00e9\u4e16\0\"\n"),
        ]:
            with self.subTest(value=value):
                self.assertEqual(self.line({"a": value}, value)["features"]["a"], expected)

    def test_what_is_not_finite_is_written_bare(self):
        record = self.line({"a": math.nan, "b": math.inf, "c": -math.inf}, Scalar(math.nan))
        self.assertTrue(math.isnan(record["features"]["a"]) and math.isnan(record["prediction"]))
        self.assertEqual((record["features"]["b"], record["features"]["c"]), (math.inf, -math.inf))

    def test_ids_and_times(self):
        name = uuid.UUID(int=7)
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
        record = self.line({}, 1, id=name, ts=moment)
        self.assertEqual((record["id"], record["ts"]), (str(name), "2026-01-02T03:04:05+00:00"))
        self.assertEqual(self.line({}, 1, ts="2026-01-02T03:04:05Z")["ts"], "2026-01-02T03:04:05Z")

    def test_what_cannot_be_logged_is_counted_and_told_once(self):
        loop = {}
        loop["loop"] = loop
        deep = []
        for _ in range(100_000):
            deep = [deep]

        class Hostile:
            def __getattr__(self, name):
                raise RuntimeError("hostile")

        for features in [
            {"a": {1}}, {"a": object()}, {("a", 1): 1}, {"a": b"x"}, {"a": 1j}, {"a": "\ud800"},
            loop, {"a": deep}, "text", b"bytes", 5, None, object(), Array([[1], [2]]), Frame([]),
            Hostile(), {"a": Hostile()}, {"a": "x" * 65_536},
        ]:
            with self.subTest(features=type(features)):
                self.told.clear()
                self.assertIsNone(self.line(features, 1))
                self.assertEqual(len(self.told), 1)
        log = self.log()
        self.told.clear()
        for _ in range(3):
            log.log(object(), 1)
            log.log_actual(object(), 1)
        self.assertEqual((log.counts.invalid, log.counts.dropped, len(self.told)), (6, 6, 1))

    def test_a_warning_holds_no_values_and_does_not_raise(self):
        self.assertIsNone(self.line({"name": "secret \ud800"}, 1))
        self.assertNotIn("secret", self.told[0])
        handler = logging.Handler()
        handler.emit = lambda record: 1 / 0
        logging.getLogger("kedge").addHandler(handler)
        self.addCleanup(logging.getLogger("kedge").removeHandler, handler)
        self.assertIsNone(self.line(object(), 1))

    def test_a_caller_may_change_what_it_logged(self):
        with FakeSidecar(self.path) as sidecar:
            log = self.log()
            features = {"a": 1, "b": [1]}
            log.log(features, 1)
            features["a"], features["b"][0] = 2, 2
            log.close()
            self.eventually(lambda: sidecar.records())
        self.assertEqual(sidecar.records()[0]["features"], {"a": 1, "b": [1]})

    def test_the_longest_line_that_is_taken(self):
        room = kedge._LINE_LIMIT - kedge._NUMBER_ROOM - len('{"id":1,"actual":""}\n')
        with FakeSidecar(self.path) as sidecar:
            log = self.log(acknowledge=True)
            log.log_actual(1, "x" * room)
            log.log_actual(1, "x" * (room + 1))
            self.assertTrue(log.flush())
            log.close()
        self.assertEqual((len(sidecar.records()), sidecar.breaches), (1, []))
        self.assertEqual(log.counts.invalid, 1)
