# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The values of numpy and pandas themselves, the FastAPI example as it stands, and the types.

Named so that pytest finds it and `python3 -m unittest` does not: that runs on any Python, without
these libraries.
"""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from unittest import mock

import numpy
import pandas

from fake_sidecar import FakeSidecar
from support import CLIENT, ProducerTest, kedge


class LibrariesTest(ProducerTest):
    def line(self, features, prediction):
        """What the sidecar reads of a call; `counts` tells that nothing was invalid."""
        log = self.log()
        lines = []
        log._ring.append = lines.append
        log._start = lambda: None
        log.log(features, prediction)
        self.assertEqual(log.counts.invalid, 0, self.told)
        (line,) = lines
        return json.loads(line)

    def test_every_scalar_of_numpy_keeps_its_value(self):
        for kind in (numpy.float16, numpy.float32, numpy.float64, numpy.longdouble, numpy.int8,
                     numpy.uint64, numpy.int64, numpy.bool_):
            for value in (0, 1, 0.1, 100):
                scalar = kind(value)
                with self.subTest(kind=kind, value=value):
                    record = self.line({"a": scalar}, scalar)
                    self.assertEqual(record["features"]["a"], float(scalar))
                    self.assertEqual(kind(record["prediction"]), scalar)
        self.assertEqual(self.line({"a": numpy.float32(0.1)}, 1)["features"]["a"],
                         0.10000000149011612)
        self.assertEqual(self.line({numpy.str_("a"): numpy.str_("US")}, 1)["features"],
                         {"a": "US"})
        self.assertTrue(numpy.isnan(self.line([numpy.float32("nan")], 1)["features"][0]))

    def test_arrays(self):
        row = numpy.array([0.1, 2, numpy.nan], dtype=numpy.float32)
        for features in (row, row.reshape(1, 3), numpy.asfortranarray(row)[::1]):
            found = self.line(features, numpy.array([0.25]))
            self.assertEqual(found["features"][:2], [float(numpy.float32(0.1)), 2])
            self.assertEqual(found["prediction"], 0.25)
        self.assertEqual(self.line(numpy.array(["US", None], dtype=object), 1)["features"],
                         ["US", None])
        log = self.log()
        for features in (numpy.zeros((2, 3)), numpy.zeros((1, 2, 3))[:, :, None], numpy.array(5)):
            log.log(features, 1)
        self.assertEqual(log.counts.invalid, 3)

    def test_rows_of_pandas(self):
        frame = pandas.DataFrame({
            "temp": numpy.array([0.1], dtype=numpy.float32), "count": [3], "carrier": ["US"],
            "late": [pandas.NA], "when": [pandas.NaT], "kind": pandas.Categorical(["a"]),
            "size": pandas.array([None], dtype="Int64"),
        })
        expected = {"temp": 0.10000000149011612, "count": 3, "carrier": "US", "late": None,
                    "when": None, "kind": "a", "size": None}
        for row in (frame, frame.iloc[0], next(iter(frame.to_dict("records")))):
            self.assertEqual(self.line(row, 1)["features"], expected)
        log = self.log()
        log.log(pandas.concat([frame, frame]), 1)
        self.assertEqual(log.counts.invalid, 1)


class TypesTest(ProducerTest):
    def test_mypy_is_content(self):
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull,
             str(CLIENT / "kedge.py")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        )
        self.assertEqual(done.returncode, 0, done.stdout)


class FastAPITest(ProducerTest):
    def test_the_example_logs_what_it_answers(self):
        spec = importlib.util.spec_from_file_location(
            "fastapi_app", CLIENT / "examples" / "fastapi_app.py")
        module = importlib.util.module_from_spec(spec)
        original = kedge.PredictionLog
        with mock.patch.object(kedge, "PredictionLog",
                               lambda **options: original(self.path, **options)):
            spec.loader.exec_module(module)
        with FakeSidecar(self.path) as sidecar:
            answers = asyncio.run(self.serve(module.app, {"temp": 40.5, "carrier": "US"}, "text"))
            # The end of the application has closed the log.
            self.assertEqual(module.log.counts.queued, 0)
            self.eventually(lambda: sidecar.records())
        (status, answer), (refusal, _) = answers
        self.assertEqual((status, answer, refusal), (200, {"probability": 0.405}, 422))
        (record,) = sidecar.records()
        self.assertEqual(record["features"], {"temp": 40.5, "carrier": "US"})
        self.assertEqual(record["prediction"], 0.405)

    async def serve(self, app, *bodies):
        """The status and the answer of each request in the life of an application."""
        answers = []
        async with app.router.lifespan_context(app):
            for body in bodies:
                answers.append(await self.post(app, body))
        return answers

    async def post(self, app, body):
        """The status and the answer of a request, without a server."""
        body, sent = json.dumps(body).encode(), []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "scheme": "http", "path": "/predict", "raw_path": b"/predict", "query_string": b"",
            "root_path": "", "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        }

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)
        answer = b"".join(message.get("body", b"") for message in sent)
        return sent[0]["status"], json.loads(answer)
