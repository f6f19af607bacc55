# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Real programs: where they listen, what they answer, and when it has come about."""

import os
import re
import socket
import time
import urllib.request

ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def free_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def fetch(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
        return answer.read().decode()


def wait(condition, timeout=60):
    deadline, last = time.monotonic() + timeout, None
    while time.monotonic() < deadline:
        try:
            if last := condition():
                return last
        except OSError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"never happened: {last}")


def counted(address, metric, **labels):
    """A sample's value, 0 when there is none."""
    found = re.search(rf'^{metric}{{[^}}]*{",".join(f"{k}=.{v}." for k, v in labels.items())}[^}}]*}} (\S+)$',
                      fetch(address, "/metrics"), re.M)
    return float(found[1]) if found else 0.0
