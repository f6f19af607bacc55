# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""System calls that fail or kill on purpose, and file systems that are full."""

import contextlib
import pathlib
import resource
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
def small_disk(sidecar, size):
    """A file system of its own for a sidecar's state; where that may not be mounted, what comes
    closest."""
    sidecar.state.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=750", "kedge-test", sidecar.state]
    answer = subprocess.run(mount, capture_output=True, text=True)
    if answer.returncode != 0:
        print(f"no file system of its own ({answer.stderr.strip()}): limits, permissions instead")
        yield LimitedDisk(sidecar)
        return
    try:
        yield SmallDisk(sidecar.state)
    finally:
        sidecar.close()
        subprocess.run(["umount", "--lazy", sidecar.state], check=True)


class SmallDisk:
    """A file system that can be filled, freed and made read-only."""

    prefix = ()
    full_reason = "full"

    def __init__(self, directory):
        self.directory = directory
        self.ballast = directory / "ballast"

    def fill(self):
        """Takes what is left, to the last byte."""
        with self.ballast.open("wb", buffering=0) as file:
            for size in (65_536, 4_096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def free(self):
        self.ballast.unlink()

    def set_writable(self, is_writable):
        option = "remount,rw" if is_writable else "remount,ro"
        subprocess.run(["mount", "-o", option, self.directory], check=True)


class LimitedDisk:
    """The same for whoever may not mount: no file may grow, or be opened for writing."""

    prefix = ()
    full_reason = "disk I/O error"

    def __init__(self, sidecar):
        self.sidecar = sidecar

    def fill(self):
        """Lets no file grow, now and in the next process, which is to begin with `prefix`."""
        log = self.sidecar.state / "kedge.sqlite-wal"
        limit = log.stat().st_size if self.sidecar.is_running else 1
        self.prefix = ("prlimit", f"--fsize={limit}:unlimited")
        self._limit(limit)

    def free(self):
        self.prefix = ()
        self._limit(resource.RLIM_INFINITY)

    def set_writable(self, is_writable):
        """For the next process, which is to begin with `prefix`."""
        lock = [self.sidecar.state / "kedge.lock"]
        fault = injection(self.sidecar.directory, "openat:error=EROFS", trace="trace=openat",
                          files=lock)
        self.prefix = () if is_writable else fault

    def _limit(self, size):
        if self.sidecar.is_running:
            limits = (size, resource.RLIM_INFINITY)
            resource.prlimit(self.sidecar.process.pid, resource.RLIMIT_FSIZE, limits)
