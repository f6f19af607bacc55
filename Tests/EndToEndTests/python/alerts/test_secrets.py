# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Keys are nowhere but in requests, and requests go nowhere that no receiver is."""

import concurrent.futures
import datetime
import os
import ssl
import subprocess

import pytest
import trustme
from receiver import Receiver, answer, hang, reset
from watched import webhook

KEY = "T0PSECRETTEAM/B0PSECRETBOT/xoxsecret0123456789"
PARTS = KEY.split("/")


def everything(sidecar):
    """All that a sidecar says of itself."""
    paths = ("/metrics", "/api/v1/alerts", "/api/v1/silences", "/api/v1/report", "/ready", "/",
             "/api/v1/monitors", "/health")
    texts = {path: sidecar.get(path)[1].decode() for path in paths}
    texts["log"] = sidecar.text
    show = subprocess.run([sidecar.kedge, "config", "show", *sidecar.flags], capture_output=True,
                          text=True)
    assert show.returncode == 0, show
    return texts | {"show": show.stdout + show.stderr}


@pytest.mark.parametrize("source", ["url", "url_file", "url_env"])
def test_a_url_is_a_secret(source, watch, receiver, tmp_path):
    """Whatever becomes of a request, and however the receiver answers, in quotes of the URL too."""
    echo = f"no hook at /{KEY}, that is {receiver.url}/{KEY}\n".encode()
    modes = {"ok": [answer(200, b"ok")], "echo": [answer(404, echo)], "reset": [reset],
             "failed": [answer(500, echo)], "hang": [hang], "gone": [answer(410, echo)],
             "other": [answer(200, echo)]}
    settings, environment = [], {}
    for name, mode in modes.items():
        place = receiver.place(f"{name}/{KEY}").answers(*mode)
        if source == "url":
            value = place.url
        elif source == "url_file":
            value = tmp_path / name
            value.write_text(place.url + "\n")
        else:
            value = f"URL_{name}"
            environment[value] = place.url
        settings.append({"name": name, "slack": {source: str(value), "timeout": "300ms"}})
    absent = Receiver()
    absent.close()
    settings.append(webhook(absent.place(KEY), "absent", timeout="300ms"))
    (tmp_path / "wrong").write_text(f"http://far.example/{KEY}")
    settings.append({"name": "wrong", "slack": {"url_file": str(tmp_path / "wrong")}})
    (tmp_path / "none").write_text(f"hooks.example:{KEY}")
    settings.append({"name": "none", "slack": {"url_file": str(tmp_path / "none")}})
    sidecar = watch(receivers=settings, environment=environment)
    sidecar.start()
    sidecar.drift()
    for name in [*modes, "absent", "wrong", "none"]:
        sidecar.eventually(f"{name} to be tried", lambda: sidecar.outcomes(name))
    sidecar.await_log("plain http beyond loopback")
    sidecar.await_log("its URL is malformed")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda name: sidecar.command("test", "--receiver", name),
                           ["echo", "hang", "other", "absent", "wrong", "none"])
        printed = [result.stdout + result.stderr for result in results]
    for place, text in {**everything(sidecar), "test": "\n".join(printed)}.items():
        for part in (KEY, *PARTS):
            assert part not in text, f"{part} in {place}: …{text[text.index(part) - 200:][:400]}"
    # It says where it fails nevertheless: the host is no secret, and neither is the file.
    if source == "url":
        assert f"{receiver.url}/…" in everything(sidecar)["show"]


FORBIDDEN = [
    "http://169.254.169.254/latest", "https://169.254.169.254/latest", "https://[fe80::1]/x",
    "https://0.0.0.0/x", "https://[::]/x", "https://100.100.100.200/x", "https://224.0.0.1/x",
    "https://[::ffff:169.254.169.254]/x", "https://[fd00:ec2::254]/x", "https://255.255.255.255/x",
    "https://[64:ff9b::a9fe:a9fe]/x", "https://[ff02::1]/x",
    # As some libraries read them: 169.254.169.254, too.
    "https://2852039166/x", "https://0xa9fea9fe/x", "https://0251.0376.0251.0376/x",
    "https://169.254.43518/x", "https://0/x",
]


def test_addresses_that_are_refused(watch, tmp_path):
    """No request leaves for link-local and metadata addresses, however they are written."""
    settings = []
    for number, url in enumerate(FORBIDDEN):
        (tmp_path / f"url-{number}").write_text(url)
        settings.append({"name": f"r{number}", "webhook": {
            "url_file": str(tmp_path / f"url-{number}"), "allow_http": True, "timeout": "5s"}})
    trace = tmp_path / "connections"
    prefix = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=connect", "-D"]
    # A name that leads there, in a world of its own.
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n169.254.169.254 metadata.google.internal\n")
    own = ["unshare", "--map-root-user", "--mount", "--propagation", "private", "sh", "-c",
           'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
    urls = list(FORBIDDEN)
    if subprocess.run([*own, "true"], capture_output=True).returncode == 0:
        prefix = [*own, *prefix]
        urls.append("http://metadata.google.internal/x")
        settings.append({"name": "named", "webhook": {"url": urls[-1], "allow_http": True}})
    else:
        print("no world of its own: only addresses, no name that leads to one")
    sidecar = watch(receivers=settings)
    sidecar.start(prefix)
    sidecar.drift()
    names = [setting["name"] for setting in settings]
    for name in names:
        sidecar.eventually(f"{name} to be refused", lambda: sidecar.outcomes(name))
    assert all(sidecar.outcomes(name).keys() == {"failed"} for name in names)
    reasons = {record["receiver"]: record["reason"] for record in list(sidecar.records)
               if "reason" in record}
    for name, url in zip(names, urls, strict=True):
        assert "nothing is sent to" in reasons[name] or "cannot be found" in reasons[name], (
            url, reasons[name])
    tried = [line for line in trace.read_text().splitlines()
             if "AF_INET" in line and "127.0.0.1" not in line and "htons(53)" not in line
             and "htons(0)" not in line]
    assert tried == []


@pytest.mark.parametrize("connection, words", [
    ({"url": f"http://hooks.example/{KEY}"}, "plain http beyond loopback"),
    ({"url": f"http://10.0.0.1/{KEY}"}, "plain http beyond loopback"),
    ({"url": f"http://localhost.evil.example/{KEY}"}, "plain http beyond loopback"),
    ({"url": f"ftp://hooks.example/{KEY}"}, "neither https nor http"),
    ({"url": f"https://user:{PARTS[2]}@hooks.example/x"}, "a user or password"),
    ({"url": f"hooks.example/{KEY}"}, "is malformed"),
    ({"url": f"https://hooks.example/{KEY} x"}, "is malformed"),
    ({"url": f"https://hooks.example/{KEY}", "url_file": "x"}, "one of url, url_file and url_env"),
    ({"url_env": f"https://{KEY}"}, "the name of an environment variable"),
])
def test_urls_that_are_refused(connection, words, watch):
    sidecar = watch(receivers=[{"name": "a", "slack": connection}])
    check = subprocess.run([sidecar.kedge, "config", "check", *sidecar.flags], capture_output=True,
                           text=True)
    assert check.returncode == 78 and words in check.stderr, check
    assert "receivers[0].slack" in check.stderr
    if "url_env" not in connection:
        assert not any(part in check.stderr for part in PARTS), check.stderr


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_encryption(authority, watch, make_receiver, tmp_path):
    """Only a certificate of the host by a trusted authority is good enough."""
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificates = {
        "good": authority.issue_cert("127.0.0.1"),
        "other-host": authority.issue_cert("hooks.example"),
        "expired": authority.issue_cert("127.0.0.1", not_before=past - datetime.timedelta(days=9),
                                        not_after=past),
        "untrusted": trustme.CA().issue_cert("127.0.0.1"),
    }
    trust = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trust)
    receivers = {name: make_receiver(tls=context(one)) for name, one in certificates.items()}
    settings = [webhook(one.place("team"), name, ca_file=str(trust))
                for name, one in receivers.items()]
    settings.append(webhook(receivers["good"].place("system"), "system"))
    settings.append(webhook(receivers["good"].place("none"), "no-file",
                            ca_file=str(tmp_path / "none.pem")))
    sidecar = watch(receivers=settings)
    sidecar.start()
    sidecar.drift()
    request, = receivers["good"].place("team").await_requests(1)
    assert request.states == [("Drift", "x", "firing")]
    sidecar.await_outcomes("good", delivered=1)
    refused = ["other-host", "expired", "untrusted", "system", "no-file"]
    for name in refused:
        sidecar.eventually(f"{name} to be refused", lambda: sidecar.outcomes(name))
        assert sidecar.outcomes(name).keys() == {"failed"}
    assert sum(len(place.requests) for one in receivers.values()
               for place in one.places.values()) == 1
    for name in refused:
        record = next(record for record in list(sidecar.records)
                      if record.get("receiver") == name and "reason" in record)
        print(name, record["reason"])
        assert "certificate" in record["reason"].lower() or "none.pem" in record["reason"], record


@pytest.mark.parametrize("key", ["url_file", "ca_file"])
def test_a_file_that_never_comes(key, watch, receiver, tmp_path):
    """A pipe that nobody writes to holds up whoever wants it, and nobody else."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    waiting = [f"waiting-{number}" for number in range(5)]
    place = receiver.place("team")
    connection = {"url": "https://127.0.0.1:9"} if key == "ca_file" else {}
    connection |= {key: str(pipe), "timeout": "1s"}
    sidecar = watch(receivers=[
        *({"name": name, "webhook": connection} for name in waiting),
        webhook(place)])
    sidecar.start()
    sidecar.drift()
    place.await_requests(1)
    for name in waiting:
        sidecar.eventually(f"{name} to fail", lambda: sidecar.outcomes(name).get("failed", 0) > 0)
        assert sidecar.outcomes(name).keys() == {"failed"}
    sidecar.run("silence", "--match", "feature=none", "--for", "1h", "--reason", "a command")
    sidecar.steady()
    place.await_requests(2)
    assert sidecar.stop() == 0
