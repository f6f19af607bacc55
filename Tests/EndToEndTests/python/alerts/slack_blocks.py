# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What Slack takes as a message, and what must never act in one: breaches, in words.

The shapes and most limits are slack_sdk's; the limits that it does not know, and all of mrkdwn, are
checked here. Characters are counted in every way that Slack might: bytes, UTF-16 and code points.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, ContextBlock, SectionBlock

MESSAGE_KEYS = {"text", "blocks", "unfurl_links", "unfurl_media"}
#: Slack refused 11,341 characters of text in one message with `msg_blocks_too_long`.
MOST_BLOCK_BYTES = 11_000
LINK = re.compile(r"<(https?://[!-;=?-{}~]+)\|([^<>|`&]+)>")
ENTITY = re.compile(r"&(amp|lt|gt);")


def lengths(text: str) -> int:
    """The length of a text, in the unit of which it has the most."""
    return max(len(text), len(text.encode()), len(text.encode("utf-16-le")) // 2)


def mrkdwn_breaches(text: str) -> Iterator[str]:
    """What in a text of mrkdwn could act, or shows as it was not meant."""
    without_links = LINK.sub("", text)
    if "<" in without_links or ">" in without_links:
        yield f"an angle bracket that is no link: {without_links!r:.200}"
    if "&" in ENTITY.sub("", LINK.sub("", text)):
        yield f"an ampersand that is no entity: {text!r:.200}"
    for url, _ in LINK.findall(text):
        if "&" in ENTITY.sub("", url):
            yield f"an ampersand in a link that is no entity: {url:.200}"
    # What is code is out of the way of everything else: blocks first, then spans on one line.
    blocks = re.sub(r"```[^`]+```", "", without_links)
    words = re.sub(r"`[^`\n]+`", "", blocks)
    if "`" in words:
        yield f"a backtick that ends no code: {words!r:.200}"
    for sign in "*~":
        if sign in words:
            yield f"{sign!r} outside code: {words!r:.200}"
    if re.search(r"(?<![\w])_|_(?![\w])", words):
        yield f"'_' at the border of a word outside code: {words!r:.200}"


def text_breaches(text: str, most: int) -> Iterator[str]:
    """What is wrong with any text that is shown."""
    if not text.strip():
        yield "an empty text"
    if lengths(text) > most:
        yield f"{lengths(text)} characters, and {most} is the limit"
    for character in text:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") and character != "\n":
            yield f"a control character: {character!r}"
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f":
            yield f"an override of direction: {character!r}"
    for mark in (match.start() for match in re.finditer("…", text)):
        following = text[mark + 1:mark + 2]
        if following and (unicodedata.combining(following) or following == "\u200d"):
            yield "a grapheme that is cut"


def object_breaches(text: dict[str, Any], most: int) -> Iterator[str]:
    """What is wrong with a text object."""
    yield from text_breaches(text["text"], most)
    if text["type"] == "mrkdwn":
        if text.get("verbatim") is not True:
            yield "mrkdwn in which Slack looks for links and mentions itself"
        yield from mrkdwn_breaches(text["text"])
    elif "<" in text["text"] or "\n" in text["text"] or text.get("emoji") is not False:
        yield f"plain text that could act: {text!r:.200}"


def block_breaches(block: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a block."""
    model = Block.parse(block)
    if model is None:
        yield f"an unknown block: {block!r:.200}"
        return
    try:
        shape = model.to_dict()
    except SlackObjectFormationError as error:
        yield str(error)
        return
    if shape != block:
        yield f"slack_sdk understands something else: {shape!r:.300} of {block!r:.300}"
    if "block_id" in block and lengths(block["block_id"]) > Block.block_id_max_length:
        yield "a block_id that is too long"
    match block["type"]:
        case "header":
            yield from object_breaches(block["text"], 150)
        case "section":
            if "text" in block:
                yield from object_breaches(block["text"], SectionBlock.text_max_length)
            for field in block.get("fields", []):
                yield from object_breaches(field, 2_000)
        case "context":
            if not 1 <= len(block["elements"]) <= ContextBlock.elements_max_length:
                yield f"{len(block['elements'])} elements in a context"
            for element in block["elements"]:
                yield from object_breaches(element, 3_000)
        case "divider":
            pass
        case other:
            yield f"a block of a kind that is not expected: {other}"


def message_breaches(body: str) -> Iterator[str]:
    """Everything that is wrong with the body of an incoming webhook's request."""
    message = json.loads(body)
    if unknown := message.keys() - MESSAGE_KEYS:
        yield f"unknown members: {unknown}"
    yield from text_breaches(message["text"], 4_000)
    yield from mrkdwn_breaches(message["text"])
    if "\n" in message["text"]:
        yield "a notification of more than one line"
    blocks = message["blocks"]
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    size = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MOST_BLOCK_BYTES:
        yield f"{size} bytes of blocks"
    for block in blocks:
        yield from block_breaches(block)
