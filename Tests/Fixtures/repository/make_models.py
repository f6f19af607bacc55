"""Makes the small models that the repository's tests serve; their answers show what went where.

    python make_models.py
"""

import onnx
from onnx import TensorProto, helper

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def tensor(name, element, width):
    return helper.make_tensor_value_info(name, element, [None, width])


def ml(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs, outputs, domain="ai.onnx.ml", **attributes)


def linear(source, coefficients, intercept=0.0):
    return ml(
        "LinearRegressor", [source], ["y"],
        coefficients=[float(c) for c in coefficients], intercepts=[float(intercept)], targets=1,
    )


def save(name, nodes, inputs, outputs, metadata=None, constants=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]
    if name == "unsupported":
        opsets.append(helper.make_opsetid("com.example", 2))
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="kedge tests")
    for key, value in (metadata or {}).items():
        model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
    onnx.save(model, f"{name}.onnx")


value = tensor("y", FLOAT, 1)

# Regressors that answer their number, whatever they are asked.
for number in (1, 2, 3):
    save(f"constant-{number}", [linear("x", [0], number)], [tensor("x", FLOAT, 1)], [value])

# The decimal digits of the answer are the columns.
for name, names in [
    ("matrix", None), ("named", '["u","v","w"]'), ("commas", "u, v,w"), ("misnamed", "u,v"),
]:
    save(
        name, [linear("X", [1, 10, 100])], [tensor("X", FLOAT, 3)], [value],
        {"feature_names": names} if names else None,
    )
save(
    "matrices",
    [
        helper.make_node("Concat", ["a", "b", "c"], ["X"], axis=1),
        linear("X", [1, 10, 100, 1000, 10000, 100000]),
    ],
    [tensor("a", FLOAT, 2), tensor("b", FLOAT, 3), tensor("c", FLOAT, 1)],
    [value],
)
save(
    "kinds",
    [
        helper.make_node("Cast", ["n"], ["number"], to=FLOAT),
        ml("LabelEncoder", ["s"], ["code"], keys_strings=["a", "7"], values_floats=[1.0, 2.0],
           default_float=3.0),
        helper.make_node("Concat", ["x", "number", "code"], ["X"], axis=1),
        linear("X", [1, 10, 100]),
    ],
    [tensor("x", FLOAT, 1), tensor("n", INT64, 1), tensor("s", STRING, 1)],
    [value],
)

# Distances to three centres, and the nearest: no probabilities, though they stand beside a label.
save(
    "clusters",
    [
        helper.make_node("Sub", ["X", "centres"], ["way"]),
        helper.make_node("Abs", ["way"], ["distances"]),
        helper.make_node("ArgMin", ["distances"], ["label"], axis=1, keepdims=0),
    ],
    [tensor("X", FLOAT, 1)],
    [helper.make_tensor_value_info("label", INT64, [None]), tensor("distances", FLOAT, 3)],
    constants=[helper.make_tensor("centres", FLOAT, [1, 3], [0.0, 10.0, 20.0])],
)
# A decision of its own: the second class from a probability of 0.2 on.
save(
    "own-rule",
    [
        ml("LinearClassifier", ["X"], ["likely", "probabilities"], coefficients=[-1.0, 1.0],
           intercepts=[0.0, 0.0], classlabels_ints=[0, 1], post_transform="SOFTMAX"),
        ml("ArrayFeatureExtractor", ["probabilities", "second"], ["chance"]),
        helper.make_node("Greater", ["chance", "least"], ["above"]),
        helper.make_node("Cast", ["above"], ["decision"], to=INT64),
    ],
    [tensor("X", FLOAT, 1)],
    [tensor("decision", INT64, 1), tensor("probabilities", FLOAT, 2)],
    constants=[helper.make_tensor("second", INT64, [1], [1]), helper.make_tensor("least", FLOAT, [1], [0.2])],
)

# What cannot be served.
save(
    "transformer",
    [ml("Scaler", ["X"], ["scaled"], offset=[0.0, 0.0], scale=[2.0, 2.0])],
    [tensor("X", FLOAT, 2)],
    [tensor("scaled", FLOAT, 2)],
)
save(
    "unsupported",
    [helper.make_node("Guess", ["X"], ["y"], name="oracle", domain="com.example")],
    [tensor("X", FLOAT, 2)],
    [value],
)
