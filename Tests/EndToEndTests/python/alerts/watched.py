# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Models whose traffic is steady or drifts at will, and a sidecar that watches them for alerts."""

import csv
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from datetime import datetime

from producer import Connection
from sidecar import DEADLINE, Sidecar, eventually

TRAINING_ROWS = 2_000
CATEGORIES = ("a", "b", "c", "d")
#: As many rows as windows have here: so many records and a window is all new.
ROWS = 50


class Model:
    """A model whose numbers go evenly from 0 to 100 and whose categories come in turn.

    What drifts has values that the reference has not: 1,000 and the category `zz`.
    """

    def __init__(self, kedge, directory, name="m", version="1", numbers=("x", "y"),
                 categories=("c",)):
        self.name, self.version = name, version
        self.numbers, self.categories = list(numbers), list(categories)
        self.reference = directory / "reference.json"
        self.sent = 0
        table = directory / "training.csv"
        with table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.numbers, *self.categories, "prediction"])
            for index in range(TRAINING_ROWS):
                values, prediction = self._values(index)
                writer.writerow([*values.values(), prediction])
        subprocess.run(
            [kedge, "reference", "build", "--input", table, "--model", name, "--version", version,
             "--prediction", "prediction", "--output", self.reference],
            check=True, capture_output=True)

    def lines(self, count=ROWS, *, drifted=(), missing=(), failed=0, ts=None, step=0.0, value=1_000,
              category="zz", with_model=True):
        """Records: of the features named some drift or are missing, the first ones failed."""
        lines = []
        for index in range(count):
            values, prediction = self._values(self.sent + index)
            for name in drifted:
                if name == "prediction":
                    prediction = 9.0
                else:
                    values[name] = category if name in self.categories else value
            for name in missing:
                values[name] = None
            record = {"model": self.name, "version": self.version} if with_model else {}
            record |= {"features": values, "prediction": prediction}
            if index < failed:
                record["outcome"] = "error"
            if ts is not None:
                record["ts"] = round(ts + index * step, 3)
            lines.append(json.dumps(record))
        self.sent += count
        return "".join(line + "\n" for line in lines).encode()

    def _values(self, index):
        # Steps that have no part in common with the rows of a window: all of it, evenly.
        values = {name: index * (37 + 2 * place) % 101 for place, name in enumerate(self.numbers)}
        values |= {name: CATEGORIES[index % len(CATEGORIES)] for name in self.categories}
        return values, (index * 29 % 101) / 101


def rule(name="Drift", **members):
    """A rule on the Kolmogorov-Smirnov distance of x."""
    return {"name": name, "statistic": "ks_statistic", "features": ["x"], "above": 0.5,
            "min_rows": ROWS} | members


def webhook(place, name="team", **members):
    """A receiver of webhooks; its requests name what they repeat."""
    return {"name": name, "webhook": {"url": place.url} | members}


class Watched(Sidecar):
    """A sidecar with a file of settings, which can be changed while it runs."""

    def __init__(self, kedge, directory, models, *, state=True, evaluate_every="100ms", min_rows=1,
                 environment=None, **settings):
        self.environment = environment
        super().__init__(kedge, directory, [], state=state, evaluate_every=evaluate_every,
                         min_rows=min_rows)
        self.model = models[0]
        self.file = directory / "sidecar.yaml"
        self.flags += ["--config", str(self.file)]
        self.settings = {
            "references": [str(model.reference) for model in models],
            "windows": [{"name": "rows", "rows": ROWS}],
            "rules": [rule()], "group_wait": "0s", "group_interval": "0s",
        }
        self._connection = None
        self.write(**settings)

    # Settings

    def write(self, **settings):
        """Changes the file; JSON is YAML, too. None takes a key out."""
        self.settings |= settings
        kept = {name: value for name, value in self.settings.items() if value is not None}
        # Without escapes: YAML's know no surrogates.
        self.file.write_text(json.dumps(kept, indent=1, ensure_ascii=False))

    def reload(self, **settings):
        """Changes the file and has it read."""
        self.write(**settings)
        before = self.messages("configuration reloaded")
        self.hang_up()
        self.eventually("the configuration to be reloaded",
                        lambda: self.messages("configuration reloaded") > before)

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def messages(self, text):
        """How many records of the log have a message."""
        return sum(record.get("message") == text for record in list(self.records))

    # Traffic

    def launch(self, prefix=()):
        self._drop_connection()
        variables = [f"{name}={value}" for name, value in (self.environment or {}).items()]
        return super().launch([*(["env", *variables] if variables else []), *prefix])

    def close(self):
        self._drop_connection()
        super().close()

    def _drop_connection(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, data):
        """Sends lines, on one connection as long as the process lives."""
        if self._connection is None:
            self._connection = Connection(self.socket)
        self._connection.send(data)

    def drift(self, *features, model=None, **members):
        """A window's worth of records in which features drift; x when none is named."""
        self.send((model or self.model).lines(drifted=features or ("x",), **members))

    def steady(self, count=ROWS, *, model=None, **members):
        """A window's worth of records as in the reference."""
        self.send((model or self.model).lines(count, **members))

    # What is seen

    def alerts(self):
        status, body = self.get("/api/v1/alerts")
        assert status == 200, body
        answer = json.loads(body)
        assert answer["status"] == "success"
        return answer["data"]["alerts"]

    def rows(self):
        """The rows of the first window of the first model."""
        return self.report()["monitors"][0]["windows"][0]["rows"]

    @property
    def text(self):
        """All that the process has said."""
        return "\n".join(record.get("text") or json.dumps(record, ensure_ascii=False)
                         for record in list(self.records))

    def await_a_look(self):
        """Waits until reports were made twice more, and whoever is due was looked for."""
        for _ in range(2):
            before = self.evaluated()
            self.eventually("a report", lambda: self.evaluated() > before)

    def evaluated(self):
        return self.sample("kedge_report_timestamp_seconds")

    def await_alerts(self, count, state=None, deadline=DEADLINE):
        """Waits for so many alerts, of a state if it is named."""
        def found():
            alerts = [alert for alert in self.alerts() if state in (None, alert["state"])]
            return (alerts,) if len(alerts) == count else None

        return self.eventually(f"{count} alerts {state or ''}", found, deadline)[0]

    def eventually(self, what, probe, deadline=DEADLINE):
        """As the function of this name, with the log if it is never so."""
        try:
            return eventually(what, probe, deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}\nalerts: {self.alerts()}\n{self.log}") from None

    def sample(self, name, **labels):
        """The value of one series of /metrics."""
        for found, value in self.samples(name):
            if found.items() >= labels.items():
                return value
        raise AssertionError(f"no {name}{labels} on /metrics")

    def samples(self, name):
        body = self.get("/metrics")[1].decode()
        for line in body.splitlines():
            match = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
            if match:
                labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[1] or "")
                yield dict(labels), float(match[2])

    def outcomes(self, receiver):
        """How many requests to a receiver ended how, as far as there were any."""
        return {labels["outcome"]: value
                for labels, value in self.samples("kedge_notifications_total")
                if labels["receiver"] == receiver and value}

    def await_outcomes(self, receiver, **counts):
        self.eventually(f"{receiver} with {counts}", lambda: self.outcomes(receiver) == counts)

    # What is done

    def command(self, *arguments, of="alerts"):
        """What became of `kedge alerts …` with this sidecar's state directory."""
        return subprocess.run(
            [str(self.kedge), of, *arguments, "--state", str(self.state)],
            capture_output=True, text=True, timeout=DEADLINE, env=os.environ | {"USER": "tester"})

    def promote(self, model):
        """Puts another reference in force."""
        answer = self.command("promote", str(model.reference), of="reference")
        assert answer.returncode == 0, answer

    def run(self, *arguments, status=0):
        """`kedge alerts …`: what it prints on standard output and standard error."""
        answer = self.command(*arguments)
        assert answer.returncode == status, answer
        return answer.stdout, answer.stderr

    def request(self, method, path, body=None, token=None):
        """Status and body of a request over the network."""
        request = urllib.request.Request(f"http://{self.address}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def seconds_between(requests):
    """From each request to the next."""
    return [later.at - earlier.at for earlier, later in zip(requests, requests[1:])]


def epoch(text):
    """Unix seconds of a time in RFC 3339."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
