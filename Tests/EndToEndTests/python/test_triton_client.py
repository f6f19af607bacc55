# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's `tritonclient`, unmodified, as the client of the Open Inference Protocol."""

import numpy as np
import pytest
import tritonclient.http as triton
from flights import TOLERANCE, farthest
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def client(server):
    with triton.InferenceServerClient(server, network_timeout=60) as client:
        yield client


@pytest.fixture
def tensors(version):
    """The inputs of the version's graph: one matrix, or a tensor per column."""
    if version.number == "1":
        return {"features": version.matrix()}
    return {name: version.tensor(name) for name in version.names}


def inputs_of(tensors, binary):
    inputs = []
    for name, values in tensors.items():
        datatype = "BYTES" if values.dtype == np.object_ else "FP32"
        tensor = triton.InferInput(name, list(values.shape), datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        inputs.append(tensor)
    return inputs


def names_of_outputs(client, version):
    metadata = client.get_model_metadata("delay", version.number)
    names = {output["datatype"]: output["name"] for output in metadata["outputs"]}
    return names["INT64"], names["FP32"]


def test_server_is_live_ready_and_named(client):
    assert client.is_server_live() and client.is_server_ready()
    metadata = client.get_server_metadata()
    assert metadata["name"] and metadata["version"]
    assert {"binary_tensor_data", "model_repository"} <= set(metadata["extensions"])


def test_models_are_ready_and_described(client, version):
    assert client.is_model_ready("delay") and client.is_model_ready("delay", version.number)
    assert not client.is_model_ready("nobody")
    assert not client.is_model_ready("delay", "99")
    metadata = client.get_model_metadata("delay", version.number)
    assert metadata["name"] == "delay" and metadata["platform"] == "onnx_onnxv1"
    assert set(metadata["versions"]) == {"1", "2"}
    described = {entry["name"]: (entry["datatype"], entry["shape"][0])
                 for entry in metadata["inputs"]}
    if version.number == "1":
        assert described == {"features": ("FP32", -1)}
    else:
        assert described == {name: ("BYTES" if version.is_text(name) else "FP32", -1)
                             for name in version.names}


@pytest.mark.parametrize("binary_out", [False, True])
def test_binary_tensors_carry_every_row(client, version, tensors, binary_out):
    label, probabilities = names_of_outputs(client, version)
    answer = client.infer(
        "delay", inputs_of(tensors, binary=True), request_id="flights-7",
        outputs=[triton.InferRequestedOutput(probabilities, binary_data=binary_out),
                 triton.InferRequestedOutput(label, binary_data=not binary_out)],
    )
    head = answer.get_response()
    assert head["id"] == "flights-7"
    assert (head["model_name"], head["model_version"]) == ("delay", version.number)
    assert [output["name"] for output in head["outputs"]] == [probabilities, label]
    found = answer.as_numpy(probabilities)
    assert found.shape == (500, 2) and found.dtype == np.float32
    assert farthest(found[:, 1], version.probabilities) <= TOLERANCE
    assert answer.as_numpy(label).ravel().tolist() == version.labels


def test_json_tensors_give_the_same(client, version, tensors):
    rows = version.complete
    whole = {name: values[rows] for name, values in tensors.items()}
    answer = client.infer("delay", inputs_of(whole, binary=False), model_version=version.number)
    label, probabilities = names_of_outputs(client, version)
    found = answer.as_numpy(probabilities)[:, 1]
    assert farthest(found, [version.probabilities[row] for row in rows]) <= TOLERANCE
    assert {output["name"] for output in answer.get_response()["outputs"]} == {label, probabilities}


def test_mixed_json_and_binary_tensors(client, versions):
    version = versions["2"]
    rows = version.complete[:50]
    inputs = []
    for place, name in enumerate(version.names):
        whole = {name: version.tensor(name)[rows]}
        inputs += inputs_of(whole, binary=place % 2 == 0)
    answer = client.infer("delay", inputs, model_version="2")
    _, probabilities = names_of_outputs(client, version)
    found = answer.as_numpy(probabilities)[:, 1]
    assert farthest(found, [version.probabilities[row] for row in rows]) <= TOLERANCE


def test_one_requested_output_alone(client, version, tensors):
    _, probabilities = names_of_outputs(client, version)
    answer = client.infer("delay", inputs_of(tensors, binary=True),
                          outputs=[triton.InferRequestedOutput(probabilities)])
    assert [output["name"] for output in answer.get_response()["outputs"]] == [probabilities]
    assert "id" not in answer.get_response()


def refused(call, *words):
    """The call is refused as the client's fault, with a sentence that holds the words."""
    with pytest.raises(InferenceServerException) as caught:
        call()
    assert caught.value.status() in ("400", "404"), caught.value
    for word in words:
        assert word in caught.value.message(), caught.value


def test_faults_are_the_client_libraries_own_exceptions(client, versions):
    good = inputs_of({"features": versions["1"].matrix()[:2]}, binary=True)
    narrow = inputs_of({"features": versions["1"].matrix()[:2, :9]}, binary=True)
    texts = inputs_of({"features": versions["2"].tensor("carrier")[:2]}, binary=True)
    stranger = inputs_of({"stranger": versions["1"].matrix()[:2]}, binary=True)
    output = [triton.InferRequestedOutput("nothing")]
    for binary in (True, False):
        wrong = triton.InferInput("features", [2, 10], "FP32")
        wrong.set_data_from_numpy(versions["1"].matrix()[:2], binary_data=binary)
        wrong.set_shape([3, 10])
        refused(lambda: client.infer("delay", [wrong], model_version="1"), "features")
    refused(lambda: client.infer("nobody", good), "nobody")
    refused(lambda: client.infer("delay", good, model_version="99"), "99")
    refused(lambda: client.infer("delay", narrow, model_version="1"), "features")
    refused(lambda: client.infer("delay", texts, model_version="1"), "features")
    refused(lambda: client.infer("delay", stranger, model_version="1"), "stranger")
    refused(lambda: client.infer("delay", good, model_version="1", outputs=output), "nothing")
    refused(lambda: client.get_model_metadata("nobody"), "nobody")


def test_repository_is_listed_unloaded_and_loaded(client, administrator):
    def states():
        return {(entry["name"], entry.get("version")): entry["state"]
                for entry in client.get_model_repository_index()}

    assert states()["delay", "1"] == states()["delay", "2"] == "READY"
    client.unload_model("spare", headers=administrator)
    try:
        assert not client.is_model_ready("spare")
        assert "READY" not in [state for (name, _), state in states().items() if name == "spare"]
        assert client.is_model_ready("delay")
    finally:
        client.load_model("spare", headers=administrator)
    assert client.is_model_ready("spare")
    refused(lambda: client.load_model("nobody", headers=administrator), "nobody")


def test_only_the_token_changes_the_repository(client):
    for headers in (None, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic wrong"}):
        for change in (client.load_model, client.unload_model):
            with pytest.raises(InferenceServerException) as caught:
                change("spare", headers=headers)
            assert caught.value.status() in ("401", "403")
    assert client.is_model_ready("spare")
