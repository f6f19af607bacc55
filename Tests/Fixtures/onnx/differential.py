"""Writes differential-cases.json: generated models with ONNX Runtime's answers.

    python differential.py SEED OUT_FILE          (onnx==1.23.2 onnxruntime==1.32.0)

The form is that of node-cases.json (node_cases.py). Inputs hold NaN, infinities, both zeros and values
that equal a threshold. What ONNX Runtime cannot load or run is printed and left out.
"""

import base64
import itertools
import json
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

from node_cases import carried

NAN, INF = np.nan, np.inf
ORT_TYPES = {np.dtype(np.float32): T.FLOAT, np.dtype(np.float64): T.DOUBLE, np.dtype(np.int64): T.INT64,
             np.dtype(np.int32): T.INT32, np.dtype(bool): T.BOOL, np.dtype(object): T.STRING,
             np.dtype(np.uint8): T.UINT8, np.dtype(np.int8): T.INT8}
cases, refused = [], []


def case(name, nodes, inputs, outputs=("y",), constants=(), opset=18, ml=3):
    """Runs a graph; all outputs are undeclared, as ONNX Runtime finds their types itself."""
    feeds = {f"x{i}": v for i, v in enumerate(inputs)}
    graph = h.make_graph(
        nodes, "g",
        [h.make_tensor_value_info(n, ORT_TYPES[v.dtype], [None] * v.ndim) for n, v in feeds.items()],
        [h.make_empty_tensor_value_info(o) for o in outputs],
        [numpy_helper.from_array(v, n) for n, v in dict(constants).items()])
    model = h.make_model(graph, ir_version=9, opset_imports=[h.make_opsetid("", opset), h.make_opsetid("ai.onnx.ml", ml)])
    blob = model.SerializeToString()
    try:
        options = ort.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        found = ort.InferenceSession(blob, options, providers=["CPUExecutionProvider"]).run(list(outputs), feeds)
    except Exception as error:
        refused.append(f"{name}: {str(error)[:160]}")
        return
    cases.append({"name": name, "model": base64.b64encode(blob).decode(),
                  "inputs": [carried(v) for v in inputs], "outputs": [carried(v) for v in found]})


def ml(op, name, inputs, outputs=("y",), version=3, **attributes):
    node = h.make_node(op, [f"x{i}" for i in range(len(inputs))], list(outputs), domain="ai.onnx.ml",
                       **{k: v for k, v in attributes.items() if v is not None})
    case(f"{op} {name}", [node], inputs, outputs, ml=version)


def standard(op, name, inputs, outputs=("y",), opset=18, **attributes):
    case(f"{op} {name}", [h.make_node(op, [f"x{i}" for i in range(len(inputs))], list(outputs), **attributes)],
         inputs, outputs, opset=opset)


def elementwise(g):
    special = np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, 88.0, -104.0, 1e-30, 3e38], np.float32)
    finite = g.normal(scale=3, size=12)
    for op in ("Neg Abs Floor Ceil Round Reciprocal Sqrt Exp Log Sigmoid Tanh Erf Softplus Softsign Relu LeakyRelu "
               "ThresholdedRelu Elu Celu Selu HardSigmoid HardSwish Sign").split():
        standard(op, "float", [np.concatenate([special, finite.astype(np.float32)])])
    for op in "Neg Abs Floor Ceil Round Reciprocal Sqrt Exp Log Sigmoid Tanh Relu Sign Softplus".split():
        standard(op, "double", [np.concatenate([special.astype(np.float64), finite])])
    for op in "Neg Abs Sign Relu".split():
        standard(op, "int64", [np.array([-5, 0, 7], np.int64)])
    a = np.tile(special, (3, 1))
    b = np.roll(special, 3)
    for op in "Add Sub Mul Div Pow Min Max Equal Less Greater LessOrEqual GreaterOrEqual".split():
        standard(op, "float", [a, b])
        standard(op, "double, column with row", [a[:, 5:6].astype(np.float64), b[None].astype(np.float64)])
        standard(op, "int32", [np.array([[7, -7, 2**31 - 1]], np.int32), np.array([[3], [-2]], np.int32)])
        standard(op, "int64", [np.array([[7, -7, 2**62]], np.int64), np.array([[3], [2]], np.int64)])
    standard("Mod", "int64", [np.array([7, -7, 7, -7], np.int64), np.array([3, 3, -3, -3], np.int64)])
    standard("Mod", "fmod", [np.array([7.5, -7.5, NAN], np.float32), np.array([2, 2, 2], np.float32)], fmod=1)
    standard("Pow", "float to int64", [np.array([2.5, -2], np.float32), np.array([3, 2], np.int64)])
    standard("Clip", "float", [special, np.array(-1, np.float32), np.array(1, np.float32)])
    standard("Where", "float", [np.array([[True], [False]]), special, -special])
    standard("IsNaN", "float", [special])
    standard("IsInf", "float", [special])


def casts(g):
    numbers = np.array([NAN, INF, -INF, 0.0, -0.0, 1.9, -1.9, 300.7, -129.5, 3e9, -3e9, 1e-5, 123456.78], np.float32)
    texts = np.array(["1", "-2.5", "NaN", "INF", "-INF", "1e3", "007"], object)
    safe = numbers[3:9]
    for to, name in ((T.INT64, "int64"), (T.INT32, "int32"), (T.UINT8, "uint8"), (T.INT8, "int8"), (T.BOOL, "bool"),
                     (T.DOUBLE, "double"), (T.FLOAT, "float"), (T.STRING, "string"), (T.FLOAT16, "float16")):
        whole = name.startswith(("int", "uint"))
        standard("Cast", f"float to {name}", [safe if whole else numbers], to=to)
        standard("Cast", f"double to {name}", [(safe if whole else numbers).astype(np.float64)], to=to)
        standard("Cast", f"int64 to {name}", [np.array([-1, 0, 1, 200, 70000, 2**40 + 3], np.int64)], to=to)
        standard("Cast", f"bool to {name}", [np.array([True, False])], to=to)
        standard("Cast", f"string to {name}", [texts[:1] if whole else texts], to=to)


def along_axes(g):
    x = g.normal(size=(3, 4)).astype(np.float32)
    x[1, 2] = INF
    y = x.copy()
    y[0, 1] = NAN
    ties = np.array([[1, 3, 3], [2, 2, 1], [0, -0.0, 0]], np.float32)
    for axis in (0, 1, -1):
        for op in ("Softmax", "LogSoftmax"):
            standard(op, f"axis {axis}", [x], axis=axis)
            standard(op, f"axis {axis} before 13", [x], axis=axis, opset=11)
            standard(op, f"NaN, axis {axis}", [y], axis=axis)
        for op in ("ArgMax", "ArgMin"):
            standard(op, f"axis {axis}", [ties], axis=axis)
            standard(op, f"last, axis {axis}", [ties], axis=axis, select_last_index=1, keepdims=0)
    for op in "Sum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split():
        standard(f"Reduce{op}", "float", [np.abs(x)], opset=13 if op != "Sum" else 11, axes=[1])
        standard(f"Reduce{op}", "NaN, all", [y], opset=13, keepdims=0)
        standard(f"Reduce{op}", "int32", [np.array([[3, -4], [5, 7]], np.int32)], opset=13 if op != "Sum" else 11, axes=[0])
    w, v = g.normal(size=(4, 5)).astype(np.float32), g.normal(size=(5,)).astype(np.float32)
    standard("MatMul", "constant", [x[:1], w])
    case("MatMul constant right", [h.make_node("MatMul", ["x0", "w"], ["y"])], [x[:1]], constants={"w": w})
    standard("Gemm", "bias row", [x[:1], w, v], alpha=0.5, beta=2.0)
    standard("Gemm", "both turned", [w, x[2:], np.float32([[1.0]])], transA=1, transB=1)


def features(g):
    x = np.array([[1.5, NAN, -0.0], [INF, -3, 2], [0, 0, 0], [-1, -2, -3]], np.float32)
    whole = np.array([[1, -5, 0], [2**20, 3, 7]], np.int64)
    for name, value in (("float", x), ("double", x.astype(np.float64)), ("int64", whole), ("int32", whole[:, 1:].astype(np.int32))):
        n = value.shape[1]
        ml("Scaler", f"{name}, a column each", [value], offset=[0.5, 1.25, -2.0][:n], scale=[2.0, 0.1, 3.0][:n])
        ml("Scaler", f"{name}, one", [value], offset=[0.5], scale=[0.1])
        for norm in ("MAX", "L1", "L2"):
            if name != "float":
                ml("Normalizer", f"{norm} {name}", [value], norm=norm)
    for norm in ("MAX", "L1", "L2"):
        ml("Normalizer", f"{norm} float", [x], norm=norm)
        ml("Normalizer", f"{norm} one axis", [x[3]], norm=norm)
    ml("Imputer", "NaN", [x], imputed_value_floats=[9.0, 8.0, 7.0], replaced_value_float=NAN)
    ml("Imputer", "zero", [x], imputed_value_floats=[5.0], replaced_value_float=0.0)
    ml("Imputer", "int64", [whole], imputed_value_int64s=[4, 5, 6], replaced_value_int64=-5)
    ml("Binarizer", "float", [np.array([[0.5, 0.50001, -INF, INF, -0.0]], np.float32)], threshold=0.5)
    ml("FeatureVectorizer", "two", [x[:, :2], x[:, 2:]], inputdimensions=[2, 1])
    ml("FeatureVectorizer", "int64", [whole, whole[:, :1]], inputdimensions=[3, 1])
    case("ArrayFeatureExtractor columns", [h.make_node("ArrayFeatureExtractor", ["x0", "i"], ["y"], domain="ai.onnx.ml")],
         [x], constants={"i": np.array([2, 0], np.int64)})
    case("ArrayFeatureExtractor of a list", [h.make_node("ArrayFeatureExtractor", ["t", "x0"], ["y"], domain="ai.onnx.ml")],
         [np.array([1, 0, 1], np.int64)], constants={"t": np.array(["no", "yes"], object)})


def encodings(g):
    texts = np.array([["a"], ["b"], ["日本"], ["never"]], object)
    ml("OneHotEncoder", "string", [texts], cats_strings=["b", "日本", "a"], zeros=1)
    ml("OneHotEncoder", "int64", [np.array([[1, 5], [3, 9]], np.int64)], cats_int64s=[5, 1, 9], zeros=1)
    ml("OneHotEncoder", "float", [np.array([[1.0, 5.7], [3, 9]], np.float32)], cats_int64s=[5, 1, 9], zeros=1)
    ml("OneHotEncoder", "double", [np.array([[1.0, 5.7]], np.float64)], cats_int64s=[5, 1, 9], zeros=1)
    ml("OneHotEncoder", "one axis", [texts[:, 0]], cats_strings=["b", "a"], zeros=1)
    ml("LabelEncoder", "1: string to int64", [texts], version=1, classes_strings=["b", "a"], default_int64=7)
    ml("LabelEncoder", "1: int64 to string", [np.array([1, 0, 4], np.int64)], version=1, classes_strings=["b", "a"], default_string="?")
    ml("LabelEncoder", "2: string to int64", [texts], version=2, keys_strings=["b", "a", "b"], values_int64s=[3, 4, 5])
    ml("LabelEncoder", "2: string to float", [texts], version=2, keys_strings=["b", "a"], values_floats=[0.5, 1.5])
    ml("LabelEncoder", "2: string to string", [texts], version=2, keys_strings=["b", "a"], values_strings=["B", "A"])
    ml("LabelEncoder", "2: int64 to float", [np.array([3, 4], np.int64)], version=2, keys_int64s=[3], values_floats=[0.5], default_float=2.5)
    ml("LabelEncoder", "2: float to float", [np.array([3, 4, 0, -0.0], np.float32)], version=2, keys_floats=[3.0, 0.0], values_floats=[0.5, 1.0])
    ml("LabelEncoder", "2: float to string", [np.array([3, 4], np.float32)], version=2, keys_floats=[3.0], values_strings=["three"])
    ml("LabelEncoder", "4: NaN", [np.array([3, NAN], np.float32)], version=4, keys_floats=[NAN, 3.0], values_int64s=[1, 2])
    ml("LabelEncoder", "2: NaN", [np.array([3, NAN], np.float32)], version=2, keys_floats=[NAN, 3.0], values_int64s=[1, 2])
    ml("LabelEncoder", "4: tensors", [np.array([3, 8, 4], np.int64)], version=4,
       keys_tensor=numpy_helper.from_array(np.array([3, 4], np.int64)),
       values_tensor=numpy_helper.from_array(np.array([0.25, 1e-9], np.float64)),
       default_tensor=numpy_helper.from_array(np.array([7.5], np.float64)))
    ml("CategoryMapper", "string", [texts], cats_strings=["a", "日本"], cats_int64s=[10, 20], default_int64=-7)


def linear(g):
    x = np.concatenate([g.normal(size=(6, 3)), [[0, 0, 0]]]).astype(np.float32)
    special = np.array([[INF, 1, 1], [NAN, 1, 1]], np.float32)
    posts = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")
    for post, classes in itertools.product(posts, (1, 2, 3)):
        rows = 1 if classes == 1 else classes
        coefficients = np.round(g.normal(size=rows * 3), 3) * (0.1 if post == "PROBIT" else 1)
        intercepts = [0.5] * rows if post == "PROBIT" else [0.0] + [0.25] * (rows - 1)
        value = x * 0.2 if post == "PROBIT" else x
        labels = list(range(10, 10 + max(classes, 2)))
        arguments = dict(coefficients=coefficients.tolist(), intercepts=intercepts, post_transform=post)
        ml("LinearRegressor", f"{post} {rows}", [value], targets=rows, **arguments)
        # ONNX Runtime leaves half of the probabilities unwritten for a probit of one score.
        if (post, classes) == ("PROBIT", 1):
            continue
        ml("LinearClassifier", f"{post} {classes}", [value], ("l", "p"), classlabels_ints=labels, **arguments)
        if post in ("NONE", "LOGISTIC", "SOFTMAX"):
            ml("LinearClassifier", f"special {post} {classes}", [special], ("l", "p"), classlabels_ints=labels, **arguments)
        ml("LinearClassifier", f"double {post} {classes}", [value.astype(np.float64)], ("l", "p"),
           classlabels_strings=[f"c{i}" for i in labels], **arguments)
    ml("LinearClassifier", "int64", [np.array([[1, 2, 3], [-4, 0, 1]], np.int64)], ("l", "p"), classlabels_ints=[0, 1],
       coefficients=[0.5, -1.0, 0.25, -0.5, 1.0, -0.25], intercepts=[0.1, -0.1], post_transform="LOGISTIC")


def tree(g, tree_id, depth, modes, targets, missing, weights):
    """A full tree with quarter thresholds, so that quarter inputs equal them."""
    n, nodes, votes = 2 ** depth - 1, [], []
    for i in range(2 * n + 1):
        leaf = i >= n
        nodes.append((tree_id, i, 0 if leaf else int(g.integers(0, 3)), "LEAF" if leaf else modes[int(g.integers(0, len(modes)))],
                      0.0 if leaf else float(g.integers(-4, 5)) / 4, 0 if leaf else 2 * i + 1, 0 if leaf else 2 * i + 2,
                      int(missing and g.random() < 0.5)))
        if leaf:
            votes += [(tree_id, i, t, weights()) for t in targets]
    return nodes, votes


def ensemble(g, kind, name, modes, targets, weights, missing=False, trees=3, x=None, version=3, as_tensor=False, **more):
    nodes, votes = [], []
    for t in range(trees):
        n, v = tree(g, t, 3, modes, targets[t % len(targets)], missing, weights)
        nodes, votes = nodes + n, votes + v
    names = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")
    attributes = {f"nodes_{k}": list(c) for k, c in zip(names, zip(*nodes))}
    vote = "class" if kind == "Classifier" else "target"
    attributes |= {f"{vote}_{k}": list(c) for k, c in zip(("treeids", "nodeids", "ids", "weights"), zip(*votes))}
    if as_tensor:
        for key in ("nodes_values", f"{vote}_weights"):
            attributes[f"{key}_as_tensor"] = numpy_helper.from_array(np.array(attributes.pop(key), np.float64))
    ml(f"TreeEnsemble{kind}", name, [x], ("l", "p") if kind == "Classifier" else ("y",), version=version, **attributes, **more)


def trees(g):
    quarters = g.integers(-5, 6, size=(24, 3)) / 4
    x = quarters.astype(np.float32)
    x[0], x[1], x[2], x[3] = NAN, INF, -INF, -0.0
    x[4:10:2, 1] = NAN
    plain = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ"]
    posts = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")
    mixed, positive = lambda: round(float(g.normal()), 3), lambda: round(float(g.random()) / 3, 3)
    for mode, missing in itertools.product(plain, (False, True)):
        ensemble(g, "Regressor", f"{mode} missing {missing}", [mode], [[0]], mixed, missing, x=x, n_targets=1)
    ensemble(g, "Regressor", "BRANCH_NEQ", ["BRANCH_NEQ"], [[0]], mixed, x=x[1:4], n_targets=1)
    ensemble(g, "Regressor", "all modes, double", plain, [[0], [1]], mixed, True, x=x.astype(np.float64), n_targets=2, as_tensor=True)
    ensemble(g, "Regressor", "all modes, int64", plain, [[0]], mixed, x=(quarters * 4).astype(np.int64), n_targets=1)
    for aggregate, base in itertools.product(("SUM", "AVERAGE", "MIN", "MAX"), (None, [0.5, -1.5])):
        ensemble(g, "Regressor", f"{aggregate} base {base}", plain, [[0, 1], [1]], mixed, x=x, n_targets=2,
                 aggregate_function=aggregate, base_values=base)
    for post in posts:
        weights = positive if post == "PROBIT" else mixed
        inner = x[1:]
        ensemble(g, "Classifier", f"{post} three", plain, [[0], [1], [2]], weights, x=inner, classlabels_int64s=[4, 5, 6], post_transform=post)
        ensemble(g, "Classifier", f"{post} three base", plain, [[0], [1], [2]], weights, x=inner, classlabels_strings=["a", "b", "c"],
                 post_transform=post, base_values=[0.1, 0.2, 0.3])
        # ONNX Runtime leaves the second probability unwritten for a probit.
        for sign, of in (("mixed", mixed), ("positive", positive)) if post != "PROBIT" else ():
            ensemble(g, "Classifier", f"{post} two of one, {sign}", plain, [[0]], of, x=inner, classlabels_int64s=[0, 1], post_transform=post)
            ensemble(g, "Classifier", f"{post} two of one, {sign}, base", plain, [[1]], of, x=inner, classlabels_strings=["no", "yes"],
                     post_transform=post, base_values=[0.125])
        ensemble(g, "Classifier", f"{post} two", plain, [[0, 1]], positive, x=inner, classlabels_int64s=[7, 8], post_transform=post)
    ensemble(g, "Classifier", "double", plain, [[0], [1], [2]], mixed, x=x.astype(np.float64), classlabels_int64s=[4, 5, 6], as_tensor=True)
    ensemble(g, "Classifier", "version 1", plain, [[0], [1], [2]], mixed, x=x, classlabels_int64s=[4, 5, 6], version=1)


def main(seed, out):
    for number, group in enumerate((elementwise, casts, along_axes, features, encodings, linear, trees)):
        group(np.random.default_rng([seed, number]))
    versions = {"onnx": onnx.__version__, "onnxruntime": ort.__version__, "numpy": np.__version__, "seed": seed}
    with open(out, "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(c, separators=(",", ":"), ensure_ascii=False) for c in cases)
        file.write(json.dumps(versions)[:-1] + ',"cases":[\n' + lines + "\n]}\n")
    print("\n".join(refused))
    print(f"{len(cases)} cases written, {len(refused)} refused by ONNX Runtime")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
