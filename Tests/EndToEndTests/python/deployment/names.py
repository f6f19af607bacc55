# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The names of metrics: what expressions use, and what the programs' sources declare."""

import functools
import re

from manifests import ROOT

SUFFIXES = re.compile(r"_(total|info|bucket|count|sum)$")
USED = re.compile(r"(?<![\w:])((?:kedge|prediction|process)_\w+|kedge:[\w:]+)(?=[\s{\[),]|$)")


@functools.cache
def declared():
    """Family names, which a counter has without `_total` and an info metric without `_info`."""
    names = set()
    for path in (ROOT / "Sources").rglob("*.swift"):
        names |= set(re.findall(r'"((?:kedge|prediction|process)_[a-z0-9_]+)"', path.read_text()))
    assert len(names) > 50
    return names


def is_known(name):
    return name in declared() or SUFFIXES.sub("", name) in declared()


def used(expression):
    """Metric names of an expression; label names stand before = or in a list of labels."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)", "", bare)
    return {name for name in USED.findall(bare)}
