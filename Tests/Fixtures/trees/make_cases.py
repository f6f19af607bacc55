"""Makes small tree ensembles of every kind and records what ONNX Runtime answers.

    python make_cases.py SEED > cases.json        (PyPI: numpy, onnx, onnxruntime==1.32.0)

Each case holds the attributes of one operator (a leaf has only its tree and id), rows (null is NaN, "inf" and "-inf" the infinities)
and `scores`, the second output of the classifier or the only one of the regressor. Models for
which ONNX Runtime leaves a part of its answer unwritten are left out.
"""

import json
import math
import sys

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
# Exactly floats, as converters write them.
THRESHOLDS = [-1.5, -1.0, -0.125, -0.0, 0.0, 0.125, 0.5, 1.0, 2.0**127]
FEATURES = 3
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 4


def trees(g, modes, count, depth, missing):
    nodes = []
    for tree in range(count):
        size = [0]

        def grow(level):
            node = size[0]
            size[0] += 1
            row = {"tree": tree, "node": node, "feature": 0, "mode": "LEAF", "value": 0.0,
                   "true": 0, "false": 0, "missing": 0}
            nodes.append(row)
            if level < depth and (level == 0 or g.random() < 0.8):
                row["mode"] = str(g.choice(modes))
                row["feature"] = int(g.integers(FEATURES))
                row["value"] = float(g.choice(THRESHOLDS))
                row["missing"] = int(missing and g.random() < 0.5)
                row["true"] = grow(level + 1)
                row["false"] = grow(level + 1)
            return node

        grow(0)
    return nodes


def votes(g, nodes, targets, style, sign):
    found = []
    for node in nodes:
        if node["mode"] != "LEAF":
            continue
        ids = {"dense": range(targets), "first": [0], "last": [targets - 1],
               "own": [node["tree"] % targets],
               "sparse": [t for t in range(targets) if g.random() < 0.7] or [0]}[style]
        for target in ids:
            low = 0.0 if sign == "positive" else -1.0
            weight = round(g.uniform(low, 1.0) / 4, 3)
            found.append((node["tree"], node["node"], int(target), weight))
    return found


def model(case, nodes, found):
    kind = "class" if case["kind"] == "classifier" else "target"
    attributes = {
        "nodes_treeids": [n["tree"] for n in nodes],
        "nodes_nodeids": [n["node"] for n in nodes],
        "nodes_featureids": [n["feature"] for n in nodes],
        "nodes_modes": [n["mode"] for n in nodes],
        "nodes_values": [n["value"] for n in nodes],
        "nodes_truenodeids": [n["true"] for n in nodes],
        "nodes_falsenodeids": [n["false"] for n in nodes],
        "nodes_missing_value_tracks_true": [n["missing"] for n in nodes],
        kind + "_treeids": [v[0] for v in found],
        kind + "_nodeids": [v[1] for v in found],
        kind + "_ids": [v[2] for v in found],
        kind + "_weights": [v[3] for v in found],
        "post_transform": case["transform"],
    }
    if case["base"]:
        attributes["base_values"] = case["base"]
    element = TensorProto.DOUBLE if case["element"] == "double" else TensorProto.FLOAT
    outputs = ["scores"]
    values = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, None)]
    if kind == "class":
        attributes["classlabels_int64s"] = list(range(case["targets"]))
        outputs = ["label", "scores"]
        values.insert(0, helper.make_tensor_value_info("label", TensorProto.INT64, None))
        operator = "TreeEnsembleClassifier"
    else:
        attributes["n_targets"] = case["targets"]
        attributes["aggregate_function"] = case["aggregation"]
        operator = "TreeEnsembleRegressor"
    node = helper.make_node(operator, ["x"], outputs, domain="ai.onnx.ml", **attributes)
    inputs = [helper.make_tensor_value_info("x", element, [None, FEATURES])]
    graph = helper.make_graph([node], "trees", inputs, values)
    sets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=sets, ir_version=9)


def rows(g, element):
    values = THRESHOLDS + [math.nan, math.inf, -math.inf, 1e-45, -1e-45, 0.3]
    x = np.array(g.choice(values, size=(7, FEATURES)), dtype=np.float32)
    if element == "double":
        # Doubles beside the thresholds, and beyond the range of a float.
        x = x.astype(np.float64)
        for step in (-1, 1):
            moved = np.nextafter(x, np.copysign(np.inf, step))
            x = np.where(g.random(x.shape) < 0.25, moved, x)
        x[0, 0] = 1e300
        x[1, 1] = -1e300
    return x


def plain(value):
    if math.isnan(value):
        return None
    return ("inf" if value > 0 else "-inf") if math.isinf(value) else float(value)


def short(value):
    """A float as few digits tell it."""
    return plain(float(str(np.float32(value))))


def leaves_memory_unwritten(case, style):
    """Whether some row of the case gets one score of two from ONNX Runtime, and chance the other."""
    if case["kind"] != "classifier" or case["targets"] != 2 or len(case["base"]) == 2:
        return False
    if case["transform"] == "PROBIT":
        return style in ("first", "own", "sparse")
    return len(case["base"]) == 1 and style in ("own", "sparse")


def run(g, case, modes, style, sign, missing):
    nodes = trees(g, modes, int(g.integers(1, 4)), int(g.integers(1, 4)), missing)
    found = votes(g, nodes, case["targets"], style, sign)
    x = rows(g, case["element"])
    session = ort.InferenceSession(model(case, nodes, found).SerializeToString(), options)
    answer = session.run(None, {"x": x})[-1].reshape(len(x), -1)
    keys = ("tree", "node", "mode", "feature", "value", "true", "false", "missing")
    case["nodes"] = [[n[k] for k in keys[:2 if n["mode"] == "LEAF" else None]] for n in nodes]
    case["votes"] = found
    case["rows"] = [[plain(v) for v in row] for row in x.tolist()]
    case["scores"] = [[short(v) for v in row] for row in answer]
    return case


def main(seed):
    g = np.random.default_rng(seed)
    cases = []
    transforms = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"]

    def add(**case):
        style, sign = case.pop("style"), case.pop("sign")
        modes = MODES if g.random() < 0.6 else [str(g.choice(MODES))]
        missing = g.random() < 0.6
        if not leaves_memory_unwritten(case, style):
            cases.append(run(g, case, modes, style, sign, missing))

    for element in ("float", "double"):
        for transform in transforms:
            for targets, base in ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0), (3, 3)):
                styles = ["first", "last", "dense", "own", "sparse"][:5 if targets == 2 else 1]
                if targets == 3:
                    styles = ["own", "sparse"]
                for style in styles:
                    sign = str(g.choice(["positive", "mixed"]))
                    add(kind="classifier", element=element, transform=transform, targets=targets,
                        aggregation="SUM", base=[round(b, 2) for b in g.normal(size=base)],
                        style=style, sign=sign)
            for aggregation in ("SUM", "AVERAGE", "MIN", "MAX"):
                for targets, base in ((1, 0), (1, 1), (2, 0), (2, 2)):
                    style = str(g.choice(["first", "dense", "own", "sparse"]))
                    add(kind="regressor", element=element, transform=transform, targets=targets,
                        aggregation=aggregation, style=style, sign="mixed",
                        base=[round(b, 2) for b in g.normal(size=base)])
    print("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]")


main(int(sys.argv[1]))
