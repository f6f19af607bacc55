# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Keep-alive load that accounts for every request, and checks every number that it is answered.

    python load.py --server HOST:PORT [--connections 16] [--pause MS] [--batch ROWS] [--requests N]

Each connection asks again as soon as it is answered. A server may close a connection after a whole
answer, and refuse a new one: then this client is done with it. It must not leave a request without
its answer; such a one is `lost`. Ends after N requests, at SIGINT or SIGTERM, or when no connection
can be had any more, and prints what happened as one line of JSON.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections import Counter

import flights


class Account:
    """What became of all requests."""

    def __init__(self, limit):
        self.limit, self.stopping = limit, False
        self.asked = self.rows = self.lost = self.wrong = self.closed = self.refused = 0
        self.statuses, self.versions = Counter(), Counter()
        self.latencies, self.examples = [], []

    @property
    def is_over(self):
        return self.stopping or (self.limit is not None and self.asked >= self.limit)

    def complain(self, text):
        if len(self.examples) < 5:
            self.examples.append(text)

    def report(self):
        ordered = sorted(self.latencies)

        def percentile(share):
            return ordered[int(share * (len(ordered) - 1))] * 1e3 if ordered else None

        return {
            "asked": self.asked, "answered": len(ordered), "rows": self.rows, "lost": self.lost,
            "wrong": self.wrong, "closed": self.closed, "refused": self.refused,
            "statuses": self.statuses, "versions": self.versions, "examples": self.examples,
            "p50_ms": percentile(0.5), "p99_ms": percentile(0.99), "max_ms": percentile(1),
        }


class Requests:
    """The requests in turn, and whether an answer to one is right."""

    def __init__(self, server, batch):
        self.versions, self.batch = flights.load(), batch
        # Version 2's features are version 1's and two more, so either version can answer.
        rows = [self.versions["2"].named(index) for index in range(500)]
        if batch:
            path, bodies = "/predict/batch", [{"instances": (rows * (batch // 500 + 1))[:batch]}]
        else:
            path, bodies = "/predict", [{"features": row} for row in rows]
        self.requests = []
        for body in bodies:
            data = json.dumps(body, separators=(",", ":")).encode()
            head = (f"POST {path} HTTP/1.1\r\nHost: {server}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n")
            self.requests.append(head.encode() + data)

    def number(self, count):
        return self.requests[count % len(self.requests)]

    def is_right(self, count, answer):
        """Whether the numbers are those of the version that says it answered."""
        expected = self.versions[answer["version"]].probabilities
        if self.batch:
            found = [pair[1] for pair in answer["probabilities"]]
            return len(found) == self.batch and all(
                abs(found[index] - expected[index % 500]) <= flights.TOLERANCE
                for index in range(0, self.batch, 97))
        found = answer["probabilities"][1]
        return abs(found - expected[count % 500]) <= flights.TOLERANCE


async def answer_from(reader):
    """Status, whether the connection stays, and the body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower().split("\r\n")
    fields = dict(line.split(":", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(fields["content-length"]))
    return int(head[0].split(" ")[1]), "close" not in fields.get("connection", ""), body


async def converse(reader, writer, account, requests, pause):
    """Asks on one connection until it or the run is over."""
    while not account.is_over:
        count = account.asked
        account.asked += 1
        start = time.monotonic()
        try:
            writer.write(requests.number(count))
            await writer.drain()
            status, stays, body = await answer_from(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            account.lost += 1
            account.complain(f"request {count}: {error!r}")
            return
        account.latencies.append(time.monotonic() - start)
        account.statuses[str(status)] += 1
        if status == 200:
            answer = json.loads(body)
            account.versions[answer["version"]] += 1
            account.rows += requests.batch or 1
            if not requests.is_right(count, answer):
                account.wrong += 1
                account.complain(f"request {count}: {body[:300]!r}")
        else:
            account.complain(f"request {count}: {status} {body[:300]!r}")
        if not stays:
            account.closed += 1
            return
        # With a pause the server may close first, as it may with any idle connection.
        if pause and await is_closed(reader, pause):
            account.closed += 1
            return


async def is_closed(reader, pause):
    """Waits, and tells whether the server closed the idle connection meanwhile."""
    try:
        await asyncio.wait_for(reader.read(1), pause)
    except asyncio.TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def client(server, account, requests, pause):
    """One connection after the other, until there is none to be had."""
    host, _, port = server.rpartition(":")
    while not account.is_over:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            account.refused += 1
            return
        try:
            await converse(reader, writer, account, requests, pause)
        finally:
            writer.close()


async def main(options):
    account, requests = Account(options.requests), Requests(options.server, options.batch)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: setattr(account, "stopping", True))
    print("asking", file=sys.stderr, flush=True)
    await asyncio.gather(*(client(options.server, account, requests, options.pause / 1e3)
                           for _ in range(options.connections)))
    print(json.dumps(account.report()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0, help="milliseconds between requests")
    parser.add_argument("--batch", type=int, default=0, help="rows; 0 asks /predict")
    parser.add_argument("--requests", type=int, help="how many in all; without, until a signal")
    asyncio.run(main(parser.parse_args()))
