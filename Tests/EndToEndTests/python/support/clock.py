# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A wall clock that a test sets."""

import pathlib
import shutil
import struct
import subprocess


class Clock:
    """The wall clock of a process, so many seconds beside the real one."""

    def __init__(self, directory):
        compiler = shutil.which("cc") or shutil.which("clang")
        assert compiler, "there is no C compiler; Swift brings one, clang"
        library = directory / "clock.so"
        source = pathlib.Path(__file__).with_name("clock.c")
        subprocess.run([compiler, "-O", "-shared", "-fPIC", "-o", library, source], check=True)
        self.file = directory / "clock"
        self.file.write_bytes(bytes(8))
        self.prefix = ["env", f"LD_PRELOAD={library}", f"TEST_CLOCK={self.file}"]

    def set(self, seconds):
        with self.file.open("r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))
