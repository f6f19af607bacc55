# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A journal that is none, or no longer whole: set aside with a message, never trusted or deleted."""

import sqlite3

import pytest
from feed import WINDOWS, Feed, await_counted, restart_and_check

APPLICATION_ID_OF_ANOTHER = 0x0F05_5112  # Fossil's


def garbage(path, draw):
    path.write_bytes(draw.randbytes(100_000))


def empty(path, draw):
    path.write_bytes(b"")


def cut(path, draw):
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2 + draw.randrange(100)])


def cut_in_the_header(path, draw):
    path.write_bytes(path.read_bytes()[:draw.randrange(1, 100)])


def overwritten(path, draw):
    """A page within is not what SQLite has written."""
    data = bytearray(path.read_bytes())
    start = draw.randrange(1, len(data) // 4_096) * 4_096
    data[start:start + 4_096] = draw.randbytes(4_096)
    path.write_bytes(data)


def of_another_program(path, draw):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION_ID_OF_ANOTHER}")
        database.execute("CREATE TABLE precious (value)")
    database.close()


def of_a_newer_version(path, draw):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 1000000")
    database.close()


DAMAGES = [garbage, empty, cut, cut_in_the_header, overwritten, of_another_program,
           of_a_newer_version]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_is_set_aside(damage, make_sidecar, models, draw):
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(2_000)
    assert sidecar.stop() == 0
    journal = sidecar.state / "kedge.sqlite"
    assert [path.name for path in sidecar.state.glob("kedge.sqlite*")] == ["kedge.sqlite"], \
        "a clean end leaves one file"
    damage(journal, draw)
    damaged = journal.read_bytes()

    sidecar.start()
    message = sidecar.await_log("the journal was set aside as")["message"]
    aside = [path for path in sidecar.state.glob("kedge.sqlite.set-aside-*")
             if path.suffix not in ("-wal", "-shm")]
    assert len(aside) == 1 and str(aside[0]) in message, (aside, message)
    assert aside[0].read_bytes() == damaged, "what was set aside is as it was"
    assert feed.connect() == 0
    feed.send_kept(100)
    await_counted(sidecar, (feed.source, feed.last))
    restart_and_check(sidecar, feed)
    assert sidecar.metric("kedge_journal_up") == 1


def test_every_byte_of_every_row_counts(make_sidecar, models, draw, soak):
    """Flipped bits that SQLite does not see: what is damaged begins anew, and says so."""
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(500)
    assert sidecar.stop() == 0
    journal = sidecar.state / "kedge.sqlite"
    whole = journal.read_bytes()
    for _ in range(200 if soak else 12):
        data = bytearray(whole)
        offset = draw.randrange(4_096, len(data))
        data[offset] ^= 1 << draw.randrange(8)
        journal.write_bytes(data)
        print(f"flipped a bit of byte {offset}")
        sidecar.start()
        rows = sum(sidecar.counts("rows")["first"]["c"])
        decided = feed.connect()
        said = any(word in sidecar.log for word in ("set aside", "refused", "not restored"))
        assert said or (rows, decided) == (500, 500), "changed in silence"
        assert rows in (0, 500) and decided in (0, 500)
        sidecar.kill()
        for path in sidecar.state.glob("kedge.sqlite*"):
            path.unlink()


def test_a_directory_in_its_place(make_sidecar, models):
    """Nothing of it is touched; measuring goes on, and it says why nothing is kept."""
    sidecar = make_sidecar(windows=WINDOWS)
    (sidecar.state / "kedge.sqlite").mkdir(parents=True)
    sidecar.start()
    journal = sidecar.journal()
    assert journal["status"] == "failing" and "not a regular file" in journal["reason"], journal
    (sidecar.state / "kedge.sqlite").rmdir()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(10)
    restart_and_check(sidecar, feed)
