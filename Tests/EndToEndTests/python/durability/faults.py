# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""System calls that fail or kill on purpose, and file systems that are full."""

import contextlib
import subprocess


def injection(directory, *rules, trace="fdatasync,fsync,pwrite64"):
    """What a command line begins with so that some of its system calls do as the rules say.

    A rule is one of strace's, as "fdatasync:signal=KILL:when=7". The tracer is a grandchild (-D):
    the process that is started is the program itself, and its signals are its own.
    """
    command = ["strace", "-D", "-f", "-qq", "-o", directory / "trace", "-e", f"trace={trace}"]
    for rule in rules:
        command += ["-e", f"inject={rule}"]
    return command


def calls(directory):
    """What the tracer has written so far."""
    path = directory / "trace"
    return path.read_text(errors="replace").splitlines() if path.exists() else []


@contextlib.contextmanager
def small_disk(directory, size):
    """A file system of its own at a directory; needs root, as a container has."""
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=750", "kedge-test", directory],
                   check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def remount(directory, option):
    subprocess.run(["mount", "-o", f"remount,{option}", directory], check=True)


def fill(directory):
    """Takes what is left of a file system, to the last byte; returns the file that does."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
    return ballast
