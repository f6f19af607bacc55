# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments: every record up to what the hello answers is counted exactly once."""

import time

import pytest
from producer import Producer
from world import Source, expected

# So long and so large that nothing leaves them; panes of a second close all the time.
WINDOWS = [{"name": "rows", "rows": 4_000_000}, {"name": "time", "panes": 3_600, "pane": "1s"}]


def resume(producers):
    """Lets the producers in, and returns how far each session had come before."""
    for producer in producers:
        producer.open()
    return [(producer.source, producer.await_resumed()) for producer in producers]


def check(sidecar, producers):
    """Compares what a sidecar counted before it let anybody in with the oracle."""
    counted = {window["name"]: sidecar.counts(window["name"]) for window in WINDOWS}
    decided = resume(producers)
    want = expected(decided)
    for window, models in counted.items():
        for model, features in want.items():
            assert models[model] == features, (
                f"{window} of {model}; decided {[last for _, last in decided]}\n{sidecar.log}")


@pytest.mark.parametrize("clock", ["arrival", "event"])
def test_counts_exactly_once(clock, make_sidecar, models, draw, seed, soak):
    moments = 300 if soak else 13
    sidecar = make_sidecar(clock=clock, windows=WINDOWS, lateness="1h")
    # Two sessions of one model, one of another, with gaps.
    start = 1_700_000_000.25 if clock == "event" else None
    sources = [
        Source(models[0], "a", offset=1, start=start, step=0.002),
        Source(models[0], "b", offset=400, gap=7, start=start, step=0.002),
        Source(models[1], "c", offset=9, gap=3, start=start, step=0.002),
    ]
    # Few enough under way that nothing leaves the windows in the long run.
    producers = [Producer(source, sidecar.socket, seed=seed, window=300 if soak else 20_000)
                 for source in sources]
    for moment in range(moments):
        sidecar.start()
        check(sidecar, producers)
        first = producers[0].acknowledged
        if draw.random() < 0.8:
            producers[0].await_acknowledged(first + 1)
        pause(draw.uniform(0, 0.25))
        sidecar.kill()
        for producer in producers:
            producer.shut()
            producer.check()
        if draw.random() < 0.4:
            kill_at_start(sidecar, draw)
    sidecar.start()
    check(sidecar, producers)
    for producer in producers:
        producer.finish(producer.sent - producer.sent % 21 + 22)  # no gap falls there
    assert 50 * moments < sum(producer.acknowledged for producer in producers) < WINDOWS[0]["rows"]
    sidecar.kill()
    sidecar.start()
    last = [(producer.source, producer.acknowledged) for producer in producers]
    assert sidecar.counts("rows") == sidecar.counts("time") == expected(last)


def kill_at_start(sidecar, draw):
    """Kills a process that has hardly begun, maybe while it reads what is kept."""
    sidecar.launch()
    pause(draw.uniform(0, 0.15))
    sidecar.kill()


def pause(seconds):
    """Lets a random time pass: the moment of a kill, which waits for nothing."""
    time.sleep(seconds)
