# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Webhooks are signed as Standard Webhooks wants it: PyPI's own library verifies them."""

import base64
import secrets

import pytest
from receiver import answer
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from watched import webhook

OK = answer(200, b"ok")


def secret(length=32):
    return "whsec_" + base64.b64encode(secrets.token_bytes(length)).decode()


def verify(request, key):
    return Webhook(key).verify(request.body, dict(request.fields))


def test_signatures(watch, receiver, tmp_path):
    old, new, other = secret(24), secret(64), secret()
    file = tmp_path / "secret"
    file.write_text(old + "\n")
    place = receiver.place("team").answers(OK, answer(500), OK)
    plain = receiver.place("plain")
    sidecar = watch(receivers=[webhook(place, secret_file=str(file)), webhook(plain, "plain")])
    sidecar.start()
    sidecar.drift()
    first = place.await_requests(1)[0]
    assert verify(first, old) == first.message
    for wrong in (new, other):
        with pytest.raises(WebhookVerificationError):
            verify(first, wrong)
    # Rotation without a restart: the new one first, both for a while, then the old one goes.
    file.write_text(f"{new}\n{old}\n")
    sidecar.steady()
    failed, again = place.await_requests(3)[1:]
    for request in (failed, again):
        for key in (old, new):
            assert verify(request, key) == request.message
        assert len(request.field("webhook-signature").split(" ")) == 2
    assert failed.id == again.id != first.id
    assert int(again.field("webhook-timestamp")) >= int(failed.field("webhook-timestamp"))
    file.write_text(new)
    sidecar.drift()
    last = place.await_requests(4)[3]
    verify(last, new)
    with pytest.raises(WebhookVerificationError):
        verify(last, old)
    unsigned = plain.requests[0]
    assert unsigned.id and unsigned.field("webhook-signature") is None
    for text in (old, new):
        assert text not in sidecar.log and text[6:] not in sidecar.log


def test_secrets_that_are_none(watch, receiver, tmp_path):
    """It says what is wrong, without the secret, and tries again: the file may be mended."""
    file = tmp_path / "secret"
    short = secret(8)
    file.write_text(short)
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place, secret_file=str(file)),
                               webhook(place, "absent", secret_file=str(tmp_path / "none"))])
    sidecar.start()
    sidecar.drift()
    sidecar.await_log("secret 1 is not whsec_")
    sidecar.await_log("No such file")
    assert not place.requests and short[6:] not in sidecar.log
    file.write_text(secret())
    place.await_requests(1)
    sidecar.eventually("it to be told", lambda: sidecar.outcomes("team").get("delivered") == 1)
