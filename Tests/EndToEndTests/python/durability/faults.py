# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""System calls that fail or kill on purpose, and file systems that are full."""

import contextlib
import pathlib
import subprocess

from sidecar import eventually


TRACE = "trace=fdatasync,fsync,pwrite64"


def injection(directory, *rules, trace=TRACE, files=()):
    """What a command line begins with so that some of its system calls do as the rules say.

    A rule is one of strace's, as "fdatasync:signal=KILL:when=7", which counts by the thread, and
    only calls on the `files` if there are any. The tracer is a grandchild (-D): the process that is
    started is the program itself, and its signals are its own.
    """
    only = [word for file in files for word in ("-P", file)]
    return _tracer(directory, rules, trace) + only + ["-D"]


@contextlib.contextmanager
def injected(sidecar, *rules, trace=TRACE):
    """The same for a process that runs already, for as long as the context lasts."""
    pid = str(sidecar.process.pid)
    tracer = subprocess.Popen([*_tracer(sidecar.directory, rules, trace), "-p", pid],
                              stderr=subprocess.PIPE)
    try:
        threads = pathlib.Path("/proc", pid, "task")
        eventually("every thread to be traced", lambda: all(
            f"TracerPid:\t{tracer.pid}\n" in (thread / "status").read_text()
            for thread in threads.iterdir()))
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


def _tracer(directory, rules, trace):
    command = ["strace", "-f", "-qq", "-o", directory / "trace", "-e", trace]
    return command + [word for rule in rules for word in ("-e", f"inject={rule}")]


def calls(directory):
    """What the tracer has written so far."""
    path = directory / "trace"
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def has_injected(directory):
    """Whether a rule has been followed yet."""
    return any("INJECTED" in call for call in calls(directory))


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
