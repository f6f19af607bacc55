"""Writes node-cases.json: the node cases of the `onnx` package for the operators that Kedge runs.

    python node_cases.py OUT_FILE          (onnx==1.23.2)

One line a case: `name`, `model` (base64 of the ONNX file), `inputs` and `outputs` with `element` (what
carries the values: float, double, int64 or string), `shape` and `values` (base64 of the little-endian
elements, or a list of texts). Cases that are left out are printed with the reason.
"""

import base64
import collections
import json
import sys
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

STANDARD = set("""
    Abs Add And ArgMax ArgMin Cast CastLike Ceil Celu Clip Concat Constant ConstantOfShape Div Dropout Elu Equal
    Erf Exp Expand Flatten Floor Gather Gemm Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN
    LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max Mean Min Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu
    Reshape Round Selu Shape Sigmoid Sign Size Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh
    ThresholdedRelu Tile Transpose Unsqueeze Where Xor""".split())
LEARNING = set("""
    ArrayFeatureExtractor Binarizer CategoryMapper FeatureVectorizer Imputer LabelEncoder LinearClassifier
    LinearRegressor Normalizer OneHotEncoder Scaler TreeEnsembleClassifier TreeEnsembleRegressor ZipMap""".split())
CARRIERS = {
    **dict.fromkeys(("float16", "float32"), ("float", "<f4")), "float64": ("double", "<f8"),
    **dict.fromkeys(("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool"), ("int64", "<i8")),
}
MOST_ELEMENTS = 300


def carried(value):
    """A tensor in the form of the file, or nothing if its type is none that Kedge carries."""
    if isinstance(value, onnx.TensorProto):
        value = onnx.numpy_helper.to_array(value)
    if not isinstance(value, (np.ndarray, np.generic)):
        return None
    value = np.asarray(value)
    if value.dtype.kind in "OUS":
        return {"element": "string", "shape": list(value.shape), "texts": [str(v) for v in value.reshape(-1)]}
    if str(value.dtype) not in CARRIERS:
        return None
    element, wire = CARRIERS[str(value.dtype)]
    raw = np.ascontiguousarray(value).astype(wire).tobytes()
    return {"element": element, "shape": list(value.shape), "values": base64.b64encode(raw).decode()}


def reason_to_leave_out(case):
    for node in case.model.graph.node:
        known = {"": STANDARD, "ai.onnx": STANDARD, "ai.onnx.ml": LEARNING}.get(node.domain, set())
        if node.op_type not in known:
            return f"operator {node.domain or 'ai.onnx'} {node.op_type}"
    if case.model.functions:
        return "functions"
    types = [v.type for v in (*case.model.graph.input, *case.model.graph.output)]
    if any(t.WhichOneof("value") != "tensor_type" for t in types):
        return "sequences and optionals"
    for node in case.model.graph.node:
        for a in node.attribute:
            if a.name == "to" and a.i not in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12):
                return "element types"
            if a.type == onnx.AttributeProto.TENSOR and a.t.data_type not in range(1, 13):
                return "element types"
    if any(t.tensor_type.elem_type not in range(1, 13) for t in types):
        return "element types"
    if any(n.op_type in ("MatMul", "Gemm") for n in case.model.graph.node) and types[0].tensor_type.elem_type not in (1, 10, 11):
        return "products of integers"
    if "dropout" in case.name and ("mask" in case.name or "training" in case.name):
        return "dropout in training"
    for inputs, outputs in case.data_sets:
        if any(carried(v) is None for v in (*inputs, *outputs)):
            return "element types"
        if sum(int(np.prod(carried(v)["shape"])) for v in (*inputs, *outputs)) > MOST_ELEMENTS:
            return "size"
    return None


def main(out):
    warnings.filterwarnings("ignore")
    left_out, lines = collections.defaultdict(list), []
    for case in sorted(collect_testcases(None), key=lambda c: c.name):
        reason = reason_to_leave_out(case)
        if reason:
            left_out[reason].append(case.name)
            continue
        model = base64.b64encode(case.model.SerializeToString()).decode()
        for inputs, outputs in case.data_sets:
            lines.append(json.dumps({"name": case.name, "model": model, "inputs": [carried(v) for v in inputs],
                                     "outputs": [carried(v) for v in outputs]}, separators=(",", ":"), ensure_ascii=False))
    with open(out, "w", encoding="utf-8") as file:
        file.write(f'{{"onnx":"{onnx.__version__}","cases":[\n' + ",\n".join(lines) + "\n]}\n")
    for reason, names in sorted(left_out.items()):
        print(f"{reason}: {', '.join(names)}")
    print(f"{len(lines)} cases written, {sum(map(len, left_out.values()))} left out")


if __name__ == "__main__":
    main(sys.argv[1])
