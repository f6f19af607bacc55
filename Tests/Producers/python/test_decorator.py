# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""`@log.predictions()`: each call is a record, and the function is what it was."""

import asyncio
import inspect
import json

from support import ProducerTest


class Refusal(Exception):
    status_code = 422


class DecoratorTest(ProducerTest):
    def setUp(self):
        super().setUp()
        self.producer = self.log()
        self.lines = []
        self.producer._ring.append = self.lines.append
        self.producer._start = lambda: None

    def records(self):
        return [json.loads(line) for line in self.lines]

    def test_a_call_is_logged_with_features_result_and_latency(self):
        @self.producer.predictions()
        def predict(features, threshold=0.5):
            """Predicts."""
            return features["a"] * 2

        self.assertEqual(predict({"a": 1}), 2)
        self.assertEqual(predict(features={"a": 2}, threshold=1), 4)
        for record, a in zip(self.records(), (1, 2)):
            self.assertEqual((record["features"], record["prediction"]), ({"a": a}, 2 * a))
            self.assertGreaterEqual(record["latency"], 0)
            self.assertLess(record["latency"], 1)
            self.assertNotIn("outcome", record)
        self.assertEqual((predict.__name__, predict.__doc__), ("predict", "Predicts."))
        self.assertEqual(list(inspect.signature(predict).parameters), ["features", "threshold"])

    def test_an_async_function_stays_one(self):
        @self.producer.predictions()
        async def predict(features):
            await asyncio.sleep(0.01)
            return 1

        self.assertTrue(inspect.iscoroutinefunction(predict))
        self.assertEqual(asyncio.run(predict([1, 2])), 1)
        (record,) = self.records()
        self.assertEqual((record["features"], record["prediction"]), ([1, 2], 1))
        self.assertGreaterEqual(record["latency"], 0.01)

    def test_an_exception_goes_on_and_is_logged(self):
        @self.producer.predictions()
        def predict(features, error):
            raise error

        @self.producer.predictions()
        async def predict_later(features, error):
            raise error

        for error, outcome in [(ValueError("no"), "failed"), (Refusal(), "rejected")]:
            with self.assertRaises(type(error)) as raised:
                predict({"a": 1}, error)
            self.assertIs(raised.exception, error)
            with self.assertRaises(type(error)):
                asyncio.run(predict_later({"a": 1}, error))
            for record in self.records()[-2:]:
                self.assertEqual((record["outcome"], record["features"]), (outcome, {"a": 1}))
                self.assertNotIn("prediction", record)

    def test_features_are_logged_as_they_were_received(self):
        @self.producer.predictions()
        def predict(features):
            features["a"] = float(int(features.pop("b")))
            return 1

        predict({"b": 1.5})
        self.assertEqual(self.records()[0]["features"], {"b": 1.5})

    def test_arguments_and_results_are_mapped(self):
        @self.producer.predictions(
            features=lambda *arguments, **named: named["body"]["row"],
            prediction=lambda result: result["probability"],
            id=lambda *arguments, **named: named["body"]["id"], model="m", version="3",
        )
        def predict(request, *, body):
            return {"probability": 0.25}

        predict(None, body={"row": [1], "id": "x"})
        (record,) = self.records()
        self.assertEqual(
            {key: record[key] for key in ("features", "prediction", "id", "model", "version")},
            {"features": [1], "prediction": 0.25, "id": "x", "model": "m", "version": "3"},
        )

    def test_a_mapping_that_fails_costs_the_record_and_not_the_prediction(self):
        for options in ({"features": lambda row: row["absent"]}, {"id": lambda row: 1 / 0},
                        {"prediction": lambda result: result["absent"]}):
            @self.producer.predictions(**options)
            def predict(row):
                return {"a": 1}

            self.assertEqual(predict({"b": 2}), {"a": 1})

        @self.producer.predictions()
        def no_arguments():
            return 1

        self.assertEqual(no_arguments(), 1)
        with self.assertRaises(TypeError):
            no_arguments(unexpected=1)
        self.assertEqual(self.lines, [])
        self.assertEqual((self.producer.counts.invalid, len(self.told)), (5, 1))
