# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What the image holds: enough to run alone, and little."""

import http.server
import os
import shutil
import ssl
import subprocess
import threading

import pytest
import trustme
import yaml
from manifests import DEPLOY
from programs import fetch, free_address, wait

pytestmark = pytest.mark.heavy

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
LIMIT = 40_000_000
# As the image's user in a root directory of its own; every container has /proc.
ALONE = ["unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot '
         '--userspec=65532:65532 "$0" /usr/bin/kedge "$@"']


def assembled(directory, binary):
    return subprocess.run([DEPLOY / "image/assemble", binary, directory],
                          capture_output=True, text=True)


@pytest.fixture(scope="module")
def root(kedge, tmp_path_factory):
    directory = tmp_path_factory.mktemp("image")
    made = assembled(directory, kedge)
    assert made.returncode == 0, made.stderr
    (directory / "root/proc").mkdir()
    return directory / "root"


def require_root():
    if os.geteuid() != 0:
        pytest.skip("not root: what the image holds was not started by itself")


def files(root):
    return [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]


def test_it_is_small(root):
    packed = subprocess.run(f"tar -C {root} -c . | gzip -6 | wc -c", shell=True, capture_output=True)
    unpacked = sum(path.stat().st_size for path in files(root))
    print(f"the image: {unpacked:,} bytes, {int(packed.stdout):,} gzipped")
    assert int(packed.stdout) <= LIMIT


def test_it_has_libraries_zones_certificates_and_no_shell(root):
    names = {path.name for path in files(root)}
    assert names >= {"kedge", "libc.so.6", "ca-certificates.crt", "passwd"}
    assert not names & {"sh", "bash", "dash", "busybox"}
    for zone in ("America/New_York", "Europe/Berlin", "UTC"):
        assert (root / "usr/share/zoneinfo" / zone).read_bytes().startswith(b"TZif")


def test_its_certificates_are_those_of_the_web(root):
    """Where the TLS library looks for them, and readable for anybody."""
    path = root / CERTIFICATES
    assert path.stat().st_mode & 0o004
    assert f"/{CERTIFICATES}".encode() in (root / "usr/bin/kedge").read_bytes()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    assert len(context.get_ca_certs()) > 100


def test_it_runs_alone(root):
    require_root()
    ran = subprocess.run([*ALONE, root, "--help"], capture_output=True, text=True)
    assert ran.returncode == 0 and "sidecar" in ran.stdout, ran.stderr


class Takes(http.server.BaseHTTPRequestHandler):
    """A receiver that takes everything."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver(tmp_path):
    """Over TLS, with a certificate of an authority that nobody knows; its address and that one."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/", authority.cert_pem.bytes()
    server.shutdown()
    server.server_close()


def test_a_receiver_is_believed_by_the_certificates_of_the_image(root, receiver, start):
    """With what is in the file the program in the image trusts, and with nothing else."""
    require_root()
    url, authority = receiver
    own = (root / CERTIFICATES).read_bytes()
    shutil.copy(DEPLOY / "base/flights/delay-2.json", root)
    (root / "state").mkdir(exist_ok=True)
    os.chown(root / "state", 65532, 65532)

    def told():
        address = free_address()
        (root / "sidecar.yaml").write_text(yaml.safe_dump({
            "listen": address, "state": "/state", "socket": {"path": "/state/kedge.sock"},
            "references": ["/delay-2.json"],
            "receivers": [{"name": "team", "webhook": {"url": url}}]}))
        sidecar = start(*ALONE, root, "sidecar", "--config", "/sidecar.yaml")
        wait(lambda: fetch(address, "/ready"))
        tested = subprocess.run([*ALONE, root, "alerts", "test", "--receiver", "team", "--state", "/state"],
                                capture_output=True, text=True)
        sidecar.terminate()
        sidecar.wait()
        return tested.returncode, tested.stdout + tested.stderr

    try:
        status, output = told()
        assert status != 0 and "team: failed" in output, output
        (root / CERTIFICATES).write_bytes(own + authority)
        status, output = told()
        assert status == 0 and "team: delivered" in output, output
    finally:
        (root / CERTIFICATES).write_bytes(own)


def test_what_is_no_program_makes_no_image(tmp_path):
    (tmp_path / "text").write_text("no program\n")
    assert assembled(tmp_path / "image", tmp_path / "text").returncode != 0
