# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Every protocol serves ONNX Runtime's numbers, to 1e-6, for every row and both versions."""

import json

import numpy as np
from flights import TOLERANCE, farthest


def post(http, server, path, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    answer = http.post(f"http://{server}{path}", data=data, headers=headers)
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:500]}"
    return answer


def test_predict_by_name_and_by_place(http, server, version):
    found = {"names": [], "places": []}
    for index, row in enumerate(version.rows):
        for form, features in (("names", version.named(index)), ("places", row)):
            answer = post(http, server, "/predict", {"features": features}).json()
            assert (answer["model"], answer["version"]) == ("delay", version.number)
            assert answer["label"] == answer["prediction"] == version.labels[index]
            first, second = answer["probabilities"]
            assert abs(first + second - 1) <= TOLERANCE
            assert answer["probability"] == (first, second)[answer["label"]]
            found[form].append(second)
    assert found["names"] == found["places"]
    assert farthest(found["names"], version.probabilities) <= TOLERANCE


def test_predict_by_version_in_the_body(http, server, versions):
    for number, version in versions.items():
        body = {"model": "delay", "version": number, "features": version.named(3)}
        answer = post(http, server, "/predict", body).json()
        assert answer["version"] == number
        assert abs(answer["probabilities"][1] - version.probabilities[3]) <= TOLERANCE


def test_batch_in_all_its_forms(http, server, version):
    named = [version.named(index) for index in range(len(version.rows))]
    for instances in (named, version.rows, [{"features": row} for row in version.rows]):
        answer = post(http, server, "/predict/batch", {"instances": instances}).json()
        assert answer["predictions"] == version.labels
        second = [pair[1] for pair in answer["probabilities"]]
        assert farthest(second, version.probabilities) <= TOLERANCE


def outputs(http, server, version):
    """The names of the label and of the probabilities, by their datatypes."""
    metadata = http.get(f"http://{server}/v2/models/delay/versions/{version.number}").json()
    names = {output["datatype"]: output["name"] for output in metadata["outputs"]}
    return names["INT64"], names["FP32"]


def test_infer_as_json(http, server, version):
    rows = version.complete
    if version.number == "1":
        matrix = [version.rows[index] for index in rows]
        inputs = [{"name": "features", "datatype": "FP32",
                   "shape": [len(rows), len(version.names)], "data": matrix}]
    else:
        inputs = [{"name": name, "datatype": "BYTES" if version.is_text(name) else "FP32",
                   "shape": [len(rows), 1], "data": version.column(name, rows)}
                  for name in version.names]
    answer = post(http, server, "/v2/models/delay/infer", {"inputs": inputs}).json()
    label, probabilities = outputs(http, server, version)
    tensors = {output["name"]: output for output in answer["outputs"]}
    assert tensors[probabilities]["shape"] == [len(rows), 2]
    found = np.array(tensors[probabilities]["data"]).reshape(-1, 2)[:, 1]
    expected = [version.probabilities[index] for index in rows]
    assert farthest(found, expected) <= TOLERANCE
    assert tensors[label]["data"] == [version.labels[index] for index in rows]


def test_infer_with_a_tensor_per_feature(http, server, versions):
    """A matrix model is addressable by feature name as well."""
    version = versions["1"]
    rows = version.complete
    inputs = [{"name": name, "datatype": "FP64", "shape": [len(rows), 1],
               "data": version.column(name, rows)} for name in version.names]
    answer = post(http, server, "/v2/models/delay/versions/1/infer", {"inputs": inputs}).json()
    _, probabilities = outputs(http, server, version)
    tensors = {output["name"]: output for output in answer["outputs"]}
    found = np.array(tensors[probabilities]["data"]).reshape(-1, 2)[:, 1]
    assert farthest(found, [version.probabilities[index] for index in rows]) <= TOLERANCE


def test_infer_in_raw_binary(http, server, versions):
    """The whole body is the one tensor, the answer as well; missing values are NaN."""
    version = versions["1"]
    row = version.matrix()[:1].astype("<f4").tobytes()
    answer = post(http, server, "/v2/models/delay/versions/1/infer", row,
                  **{"Content-Type": "application/octet-stream",
                     "Inference-Header-Content-Length": "0"})
    size = int(answer.headers["Inference-Header-Content-Length"])
    head, blob = json.loads(answer.content[:size]), answer.content[size:]
    sizes = [output["parameters"]["binary_data_size"] for output in head["outputs"]]
    assert sum(sizes) == len(blob)
    _, probabilities = outputs(http, server, version)
    place = [output["name"] for output in head["outputs"]].index(probabilities)
    start = sum(sizes[:place])
    pair = np.frombuffer(blob[start:start + sizes[place]], dtype="<f4")
    assert abs(pair[1] - version.probabilities[0]) <= TOLERANCE


def test_invocations_in_all_shapes(http, server, version):
    named = [version.named(index) for index in range(len(version.rows))]
    columns = {name: version.column(name) for name in version.names}
    for body in (
        {"dataframe_split": {"columns": version.names, "data": version.rows}},
        {"dataframe_split": {"index": list(range(500)), "columns": version.names[::-1],
                             "data": [row[::-1] for row in version.rows]}},
        {"dataframe_records": named},
        {"dataframe_records": named, "params": {"anything": 1}},
        {"instances": named},
        {"inputs": columns},
    ):
        answer = post(http, server, "/invocations", body)
        assert answer.json()["predictions"] == version.labels, list(body)


def test_invocations_as_csv(http, server, version):
    def line(row):
        return ",".join("" if value is None else str(value) for value in row)

    with_header = "\n".join([",".join(version.names), *map(line, version.rows)]) + "\n"
    answer = post(http, server, "/invocations", with_header.encode(), **{"Content-Type": "text/csv"})
    assert answer.json()["predictions"] == version.labels


def test_invocations_as_csv_without_header(http, server, versions, administrator):
    """SageMaker's clients send none; then all fields of the first line are numbers."""
    http.post(f"http://{server}/api/v1/models/delay/promote", json={"version": "1"},
              headers=administrator).raise_for_status()
    version = versions["1"]
    rows = version.complete[:20]
    text = "\n".join(",".join(map(str, version.rows[index])) for index in rows)
    answer = post(http, server, "/invocations", text.encode(), **{"Content-Type": "text/csv"})
    assert answer.json()["predictions"] == [version.labels[index] for index in rows]
