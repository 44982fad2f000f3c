import HTTPTypes
import JSON
import Primitives

/// Health, metrics, and the description of the API itself.
struct SystemOperations {
    /// Whether the control plane can do its work: what is missing, or nothing.
    typealias Readiness = @Sendable () async -> [String]

    let readiness: Readiness
    let metrics: @Sendable () -> String
    /// The document is built from the table that these operations are themselves part of.
    let openAPI: @Sendable () -> JSONValue

    var all: [Operation] { [live, ready, exposition, document] }

    private var live: Operation {
        Operation(
            id: "readLiveness", method: .get, path: "/health/live", summary: "Whether the process is there.",
            tag: "System", access: .open,
            success: .init(.ok, "It is.", schema: Schema.object(["status": Schema.string]))
        ) { _ in .json(["status": "live"]) }
    }

    private var ready: Operation {
        Operation(
            id: "readReadiness", method: .get, path: "/health/ready",
            summary: "Whether requests can be served now; 503 with what is missing when not.", tag: "System",
            access: .open, success: .init(.ok, "They can.", schema: Schema.object(["status": Schema.string]))
        ) { _ in
            let missing = await readiness()
            guard missing.isEmpty else {
                throw Problem(
                    .unavailable, "The control plane is not ready.",
                    items: missing.map { .init(path: $0, message: "is not available") })
            }
            return .json(["status": "ready"])
        }
    }

    private var exposition: Operation {
        Operation(
            id: "readMetrics", method: .get, path: "/metrics",
            summary: "The process's metrics in the text format of Prometheus.", tag: "System", access: .open,
            success: .init(.ok, "The exposition.", contentType: "text/plain; version=0.0.4")
        ) { _ in Reply(.ok, .bytes(Array(metrics().utf8), contentType: "text/plain; version=0.0.4; charset=utf-8")) }
    }

    private var document: Operation {
        Operation(
            id: "readOpenAPI", method: .get, path: "/openapi.json", summary: "This description.", tag: "System",
            access: .open, success: .init(.ok, "OpenAPI 3.1.", schema: Schema.anyObject)
        ) { _ in .json(openAPI()) }
    }
}
