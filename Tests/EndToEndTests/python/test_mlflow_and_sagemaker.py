# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What MLflow's and SageMaker's clients send beside good rows, and what they are told."""

import json

import pytest


def invoke(http, server, data, media_type="application/json"):
    headers = {"Content-Type": media_type} if media_type else {}
    return http.post(f"http://{server}/invocations", data=data, headers=headers)


def test_ping_is_answered(http, server):
    for method in (http.get, http.head):
        assert method(f"http://{server}/ping").status_code == 200


def test_charset_utf_8_is_taken(http, server, version):
    body = json.dumps({"dataframe_records": [version.named(0)]})
    for media_type in ("application/json; charset=utf-8", "application/json;charset=UTF-8"):
        answer = invoke(http, server, body, media_type)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"predictions": [version.labels[0]]}


def is_told_why(answer):
    fault = answer.json()
    return (answer.status_code == 400 and fault["error_code"] == "BAD_REQUEST"
            and isinstance(fault["message"], str) and fault["message"])


@pytest.mark.parametrize("body", [
    "[[1, 2, 3]]",
    "{}",
    '{"instances": [[1]], "inputs": [[1]]}',
    '{"signature_name": "x", "instances": [[1]]}',
    '{"params": {}}',
    '{"dataframe_records": {"a": 1}}',
    '{"dataframe_split": {"columns": ["a"]}}',
    '{"instances": 1}',
    '{"inputs": {"dep_delay": [1, 2], "temp": [1]}}',
    "{",
    "",
    "not json",
    '{"instances": [[1, 2', ],
    ids=lambda body: body or "nothing")
def test_bodies_of_no_shape_are_bad_requests(http, server, body):
    answer = invoke(http, server, body)
    assert is_told_why(answer), f"{answer.status_code}: {answer.text}"


@pytest.mark.parametrize("media_type", [
    "application/vnd.apache.parquet", "text/plain", "application/xml",
    "application/json; charset=latin-1",
])
def test_other_media_types_are_415(http, server, media_type):
    assert invoke(http, server, '{"instances": [[1]]}', media_type).status_code == 415
