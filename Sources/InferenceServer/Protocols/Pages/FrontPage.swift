// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The page at `/`: which models answer, and where.
struct FrontPage {
    private static let style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}"
        + "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1rem .2rem 0}"

    private let catalog: ModelCatalog
    private let version: String

    /// Shows a catalog.
    init(catalog: ModelCatalog, version: String) {
        self.catalog = catalog
        self.version = version
    }

    /// The page as UTF-8.
    var html: [UInt8] {
        var page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Kedge</title>"
        page += "<style>\(Self.style)</style><h1>Kedge \(version.escaped)</h1>"
        page += catalog.entries.isEmpty ? "<p>No model is loaded.</p>" : table
        page += "<ul>"
        for (path, meaning) in Self.endpoints {
            page += "<li><code>\(path.escaped)</code> \(meaning.escaped)"
        }
        page += "</ul><p><a href=\"/openapi.json\">OpenAPI document</a> · "
        page += "<a href=\"/metrics\">metrics</a> · <a href=\"/api/v1/models\">catalog</a></html>\n"
        return Array(page.utf8)
    }

    private static let endpoints = [
        ("POST /predict", "one row: {\"features\": {…}} or an array"),
        ("POST /predict/batch", "many rows: {\"instances\": […]}"),
        ("POST /v2/models/{model}/infer", "Open Inference Protocol, JSON and binary tensors"),
        ("POST /invocations", "MLflow and SageMaker, JSON and CSV"),
        ("POST /v1/models/{model}:predict", "TensorFlow Serving and KServe v1"),
        ("GET /health, /ready, /version", "the state of the server"),
    ]

    private var table: String {
        var table = "<table><tr><th>Model<th>Version<th>State"
        for entry in catalog.entries {
            for served in entry.versions {
                let isDefault = served === entry.defaultVersion
                table += "<tr><td>\(entry.name.escaped)<td>\(served.version.escaped)"
                table += "<td>ready\(isDefault ? ", default" : "")"
            }
            for version in entry.unavailable {
                table += "<tr><td>\(entry.name.escaped)<td>\(version.version.escaped)"
                table += "<td>unavailable: \(version.reason.escaped)"
            }
        }
        return table + "</table>"
    }
}

extension String {
    /// The text as HTML shows it, in text and in quoted attributes.
    fileprivate var escaped: String {
        var result = ""
        for character in unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
