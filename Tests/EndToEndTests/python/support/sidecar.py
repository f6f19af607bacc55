# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A sidecar as a process: started, watched, killed, started again on the same state."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

DEADLINE = 30.0


class Ended(AssertionError):
    """The process has ended while somebody waited for it."""


def eventually(what, probe, deadline=DEADLINE):
    """The first true answer of a probe; for states that announce themselves nowhere."""
    end = time.monotonic() + deadline
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        time.sleep(0.01)


class Sidecar:
    """One state directory and socket, and the process that uses them now."""

    def __init__(self, kedge, directory, references, *, state=True, **settings):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.socket = str(directory / "kedge.sock")
        self.state = directory / "state"
        self.kedge = kedge
        self.flags = ["--listen", "127.0.0.1:0", "--socket", self.socket]
        for reference in references:
            self.flags += ["--reference", str(reference)]
        if state:
            self.flags += ["--state", str(self.state)]
        settings = {"evaluate_every": "100ms", "min_rows": 1} | settings
        for name, value in settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.flags += ["--" + name.replace("_", "-"), text]
        self.process = None
        self.records = []
        self._changed = threading.Condition()
        self._reader = None
        self._has_ended = False

    # Life

    def launch(self, prefix=()):
        """Starts the process, without waiting for anything."""
        assert not self.is_running, "it runs already"
        self.records, self._has_ended = [], False
        self.process = subprocess.Popen(
            [*map(str, prefix), str(self.kedge), "sidecar", *self.flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        return self

    def start(self, prefix=()):
        """Starts the process and waits until it takes records and answers HTTP."""
        self.launch(prefix)
        self.await_log("listening for prediction logs")
        return self

    def kill(self):
        """SIGKILL, at once; a process that has ended by itself is left to `reap`."""
        self.process.send_signal(signal.SIGKILL)
        self.reap()

    def stop(self):
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.reap()

    def reap(self, deadline=DEADLINE):
        """Waits for the end of the process."""
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"not ended within {deadline} s\n{self.log}") from None
        self._reader.join(DEADLINE)
        return status

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def close(self):
        if self.is_running:
            self.kill()

    # What it says

    @property
    def log(self):
        with self._changed:
            return "".join(json.dumps(record) + "\n" for record in self.records)

    def await_log(self, text, deadline=DEADLINE):
        """The first record of the log with a text in its message or its values."""
        def found():
            return next((record for record in self.records if text in json.dumps(record)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._has_ended, deadline)
            record = found()
        if record is None:
            kind = Ended if self._has_ended else AssertionError
            raise kind(f"the log does not say within {deadline} s: {text}; the process has ended "
                       f"with {self.process.poll()}\n{self.log}")
        return record

    @property
    def address(self):
        return self.await_log("serving HTTP")["address"]

    def get(self, path):
        """The status and the body of an answer."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=DEADLINE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def report(self):
        status, body = self.get("/api/v1/report")
        assert status == 200, body
        return json.loads(body)

    def counts(self, window):
        """Bin counts by model and feature, and rows by model, of a window of the last report."""
        monitors = {}
        for monitor in self.report()["monitors"]:
            content = next(w for w in monitor["windows"] if w["window"] == window)
            monitors[monitor["model"]] = {
                name: feature["bins"] for name, feature in content["features"].items()}
        return monitors

    def metric(self, name):
        """The sum of a family's samples."""
        body = self.get("/metrics")[1].decode()
        values = [float(line.rsplit(" ", 1)[1]) for line in body.splitlines()
                  if line.startswith((name + " ", name + "{"))]
        assert values, f"no {name} on /metrics"
        return sum(values)

    def journal(self):
        """What /ready says of the journal."""
        status, body = self.get("/ready")
        assert status == 200, body
        return json.loads(body)["journal"]

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmRSS"].split()[0]) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def file_bytes(self):
        """The bytes of the journal's files."""
        return sum(path.stat().st_size for path in self.state.glob("kedge.sqlite*"))

    def _read(self, process):
        for line in process.stderr:
            try:
                record = json.loads(line)
            except ValueError:
                record = {"text": line.decode(errors="replace")}
            with self._changed:
                self.records.append(record)
                self._changed.notify_all()
        process.stderr.close()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
