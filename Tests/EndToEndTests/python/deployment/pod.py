# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The image really built and the classic pod really run, without a cluster: buildah and podman."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest
import yaml
from manifests import ROOT, build, of_kind, pod_of, workloads

TOOLS = ["buildah", "podman", "crun", "mmdebstrap", "nsenter", "unshare"]
PACKAGES = "binutils,ca-certificates,libsqlite3-dev,tzdata,zlib1g-dev"
IMAGE = "localhost/kedge:0.1.0"
CONTAINERS_CONF = """
[containers]
default_ulimits=["nofile=20000:20000","nproc=1000:1000"]
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="crun"
infra_command="/catatonit -P"
"""
# podman takes no optional secrets, and would map ports and probes by systemd's timers.
UNKNOWN_TO_PODMAN = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")


def require_tools():
    if os.geteuid() != 0:
        pytest.skip("not root: no image was built, no pod was run")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"no image was built, no pod was run: {', '.join(missing)} not installed")


class Image:
    """The image of deploy/Dockerfile from a binary that is there already, in storage of its own."""

    def __init__(self, directory, kedge, base):
        self.storage = ["--storage-driver", "vfs", "--root", str(directory / "storage"),
                        "--runroot", str(directory / "run")]
        base = base or self.bootstrap(directory / "base.tar")
        context = directory / "base"
        context.mkdir()
        os.link(base, context / "base.tar")
        (context / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
        self.bud("localhost/kedge-base:1", context)
        # As docker would see it: what .dockerignore admits, and the binary in dist/.
        source = directory / "source"
        for name in (".ci", "deploy/image"):
            shutil.copytree(ROOT / name, source / name)
        shutil.copy(ROOT / ".dockerignore", source)
        (source / "dist").mkdir()
        shutil.copy(kedge, source / "dist/kedge")
        self.bud(IMAGE, source, "-f", ROOT / "deploy/Dockerfile",
                 "--build-arg", "BUILD_IMAGE=localhost/kedge-base:1",
                 "--build-arg", "BINARY=dist/kedge", "--build-arg", "REVISION=0123abc")

    def bootstrap(self, tar):
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}",
                        "bookworm", tar], check=True)
        return tar

    def bud(self, tag, context, *more):
        built = subprocess.run(["buildah", *self.storage, "bud", "--isolation", "chroot",
                                "--pull-never", "-t", tag, *map(str, more), str(context)],
                               capture_output=True, text=True)
        assert built.returncode == 0, built.stdout + built.stderr

    def configuration(self):
        told = subprocess.run(["buildah", *self.storage, "inspect", "--type", "image", IMAGE],
                              capture_output=True, text=True, check=True)
        return json.loads(told.stdout)["OCIv1"]["config"]

    def files(self):
        """A copy of what is in the image, by its path and status."""
        name = subprocess.run(["buildah", *self.storage, "from", "--pull-never", IMAGE],
                              capture_output=True, text=True, check=True).stdout.strip()
        try:
            root = pathlib.Path(subprocess.run(["buildah", *self.storage, "mount", name], text=True,
                                               capture_output=True, check=True).stdout.strip())
            packed = subprocess.run(f"tar -C {root} -c . | gzip -6 | wc -c", shell=True,
                                    capture_output=True)
            found = {str(path.relative_to(root)): path.lstat() for path in root.rglob("*")}
            return found, int(packed.stdout)
        finally:
            subprocess.run(["buildah", *self.storage, "rm", name], capture_output=True)


def manifest(server, sidecar):
    """The classic variant of the base as podman takes it, listening elsewhere than others may."""
    objects = build("components/classic-sidecar @ base")
    workload, = workloads(objects)
    pod = pod_of(workload)
    pod["volumes"] = [volume for volume in pod["volumes"] if "secret" not in volume]
    for item in pod["containers"]:
        item["image"] = f"localhost/{item['image']}"
        item["volumeMounts"] = [mount for mount in item["volumeMounts"] if mount["name"] != "secrets"]
        for field in UNKNOWN_TO_PODMAN:
            item.pop(field, None)
    maps = of_kind(objects, "ConfigMap")
    for item in maps:
        for file, address in (("server.yaml", server), ("sidecar.yaml", sidecar)):
            if file in item.get("data", {}):
                settings = yaml.safe_load(item["data"][file]) | {"listen": address}
                if file == "sidecar.yaml":
                    settings["evaluate_every"] = "500ms"
                item["data"][file] = yaml.safe_dump(settings)
    return yaml.safe_dump_all(maps + [{"apiVersion": "v1", "kind": "Pod",
                                       "metadata": {"name": "kedge"}, "spec": pod}])


class Pod:
    """`with Pod(image, directory, text) as pod`: runs it in a mount namespace of its own."""

    def __init__(self, image, directory, text):
        self.image, self.text = image, text
        self.file = directory / "pod.yaml"
        self.file.write_text(text)
        (directory / "containers.conf").write_text(CONTAINERS_CONF)
        self.environment = {**os.environ, "CONTAINERS_CONF": str(directory / "containers.conf")}

    def __enter__(self):
        # Without it podman sees a mixture of control groups and refuses.
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             "umount /sys/fs/cgroup/unified 2>/dev/null; echo; exec sleep 3600"],
            stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        played = self.podman("kube", "play", "--network", "host", self.file)
        assert played.returncode == 0, played.stderr
        return self

    def __exit__(self, *_):
        self.podman("pod", "rm", "--force", "kedge")
        self.holder.terminate()
        self.holder.wait()

    def podman(self, *arguments):
        return subprocess.run(
            ["nsenter", "--mount", "--target", str(self.holder.pid), "podman", *self.image.storage,
             "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "crun",
             *map(str, arguments)], capture_output=True, text=True, env=self.environment)

    def pid(self, name):
        told = self.podman("inspect", "--format", "{{.State.Pid}}", f"kedge-{name}")
        return int(told.stdout or 0)

    def logs(self, name):
        told = self.podman("logs", f"kedge-{name}")
        return told.stdout + told.stderr

    def kill(self, name):
        """As the kernel would, and waits for the next process of the container."""
        before = self.pid(name)
        os.kill(before, 9)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.pid(name) not in (0, before):
                return
            time.sleep(0.2)
        raise AssertionError(f"{name} did not come back:\n{self.podman('ps', '-a').stdout}")
