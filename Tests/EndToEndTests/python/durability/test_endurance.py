# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Hours of event time at 500 records a second, as fast as they go: nothing grows."""

import threading
from datetime import datetime

from producer import Connection
from sidecar import eventually
from world import DISTINCT_RECORDS, Source

WINDOWS = [{"name": "1h", "panes": 60, "pane": "1m"}, {"name": "10k", "rows": 10_000}]
RATE = 500
START = 1_600_000_020
MEBIBYTE = 1 << 20


def test_memory_and_journal_are_flat(make_sidecar, models, soak):
    hours = 24 if soak else 3
    sidecar = make_sidecar(clock="event", windows=WINDOWS).start()
    total = hours * 3_600 * RATE
    sizes = []
    with Connection(sidecar.socket) as connection:
        assert connection.resume("a") == 0
        connection.socket.settimeout(120)
        sender = threading.Thread(target=send, args=(connection, models[0], total), daemon=True)
        sender.start()
        step = total // (hours * 4)
        # A quarter of an hour after the other, as it is acknowledged.
        acknowledged = 0
        while acknowledged < total:
            line = connection.answer(60)
            assert line is not None, sidecar.log
            if line["ack"] // step > acknowledged // step:
                sizes.append((line["ack"], sidecar.resident_bytes(), sidecar.file_bytes()))
            acknowledged = line["ack"]
        sender.join(10)
    print("records, MiB resident, MiB of journal:")
    for records, resident, files in sizes:
        print(f"{records:>10} {resident / MEBIBYTE:8.1f} {files / MEBIBYTE:8.1f}")
    assert sidecar.metric("kedge_ingest_records_total") == total
    # The first hour fills the windows.
    filled = [size for size in sizes if size[0] > 3_600 * RATE * 1.2]
    assert len(filled) >= 4
    _, memory, files = zip(*filled)
    assert max(memory[len(memory) // 2:]) <= max(memory[:len(memory) // 2]) * 1.1 + 4 * MEBIBYTE
    assert max(files[len(files) // 2:]) <= max(files[:len(files) // 2]) * 1.1 + 4 * MEBIBYTE
    # Two minutes of rows, the rings, the panes, and a log of twice what is copied at once.
    assert max(files) < 40 * MEBIBYTE
    # The last second has been looked at once nothing has come for another.
    end = Source(models[0], "a", start=START, step=1 / RATE).time(total)
    eventually("the last report", lambda: seconds(monitor(sidecar)["time"]) == end)
    last = monitor(sidecar)
    sidecar.kill()
    sidecar.start()
    assert monitor(sidecar) == last


def monitor(sidecar):
    return sidecar.report()["monitors"][0]


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def send(connection, model, total):
    """Ten seconds of event time at once; only numbers are put in, for speed."""
    tails = [row.tail for row in model.rows]
    head = b'{"model":"%s","version":"1",' % model.name.encode()
    for first in range(1, total + 1, 5_000):
        connection.send(b"".join([
            head + b'"seq":%d,"ts":%.3f' % (seq, START + seq / RATE) + tails[seq % DISTINCT_RECORDS]
            for seq in range(first, min(first + 5_000, total + 1))]))
