# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Compares our webhook's bodies with those of a real Alertmanager that is told the same.

    python check_alertmanager.py < bodies.ndjson

Each line is `{"alertmanager": [alerts], "webhook": {body}}`, the two bodies of one notification.
Each is posted in turn, and the webhook that follows is compared field by field.
"""

import json
import sys
import tempfile
from pathlib import Path

from alertmanager import Alertmanager, WebhookListener, awaited, differences, shape_breaches


def main() -> int:
    """Returns how the program ends: 0 only if there were bodies and all are the same."""
    lines = [json.loads(line) for line in sys.stdin if line.strip()]
    breaches = []
    listener = WebhookListener()
    with tempfile.TemporaryDirectory() as directory:
        with Alertmanager(Path(directory), listener.url) as alertmanager:
            for number, line in enumerate(lines, start=1):
                ours = line["webhook"]
                alertmanager.post(json.dumps(line["alertmanager"]).encode())
                theirs = awaited(listener, ours)
                found = [*differences(ours, theirs), *shape_breaches(json.dumps(ours)),
                         *shape_breaches(json.dumps(theirs))]
                firing = {alert["fingerprint"] for alert in alertmanager.alerts()}
                for alert in ours["alerts"]:
                    if (alert["fingerprint"] in firing) != (alert["status"] == "firing"):
                        found.append(f"{alert['fingerprint']} is not {alert['status']} there")
                breaches += [f"body {number}: {breach}" for breach in found]
    listener.close()
    for breach in breaches:
        print(breach, file=sys.stderr)
    print(f"{len(lines)} bodies, {len(breaches)} breaches")
    return 0 if lines and not breaches else 1


if __name__ == "__main__":
    sys.exit(main())
