# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Checks bodies for Slack, one a line on standard input; prints each breach, and fails if any.

    python check_payloads.py < bodies.ndjson
"""

import sys

from slack_blocks import message_breaches


def main() -> int:
    """Returns how the program ends: 0 only if there were bodies and all are right."""
    bodies = [line for line in sys.stdin if line.strip()]
    breaches = [
        f"body {number}: {breach}"
        for number, body in enumerate(bodies, start=1)
        for breach in message_breaches(body)
    ]
    for breach in breaches:
        print(breach, file=sys.stderr)
    print(f"{len(bodies)} bodies, {len(breaches)} breaches")
    return 0 if bodies and not breaches else 1


if __name__ == "__main__":
    sys.exit(main())
