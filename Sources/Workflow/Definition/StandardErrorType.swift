/// The error types of the specification, and the two families of URIs that name them.
package enum StandardErrorType: String, Sendable, Hashable, CaseIterable {
    case configuration, validation, expression, authentication, authorization, timeout, communication, runtime

    package var uri: String { "https://serverlessworkflow.io/spec/1.0.0/errors/\(rawValue)" }

    /// The status that the specification gives by default.
    package var status: Int {
        switch self {
        case .configuration, .validation, .expression: 400
        case .authentication: 401
        case .authorization: 403
        case .timeout: 408
        case .communication, .runtime: 500
        }
    }

    package var title: String {
        switch self {
        case .configuration: "Configuration Error"
        case .validation: "Validation Error"
        case .expression: "Expression Error"
        case .authentication: "Authentication Error"
        case .authorization: "Authorization Error"
        case .timeout: "Timeout"
        case .communication: "Communication Error"
        case .runtime: "Runtime Error"
        }
    }

    /// Any URI of the two families: hosts `serverlessworkflow.io` (also as once misprinted, `serverlessworkflow.io.io`)
    /// and `open-workflow-specification.org`, paths `/spec/1.0.0/errors/…` and `/dsl/errors/types/…`.
    package init?(uri: String) {
        guard let scheme = ["https://", "http://"].first(where: uri.hasPrefix) else { return nil }
        var rest = uri.dropFirst(scheme.count)
        let hosts = [
            "www.serverlessworkflow.io", "serverlessworkflow.io.io", "serverlessworkflow.io",
            "open-workflow-specification.org",
        ]
        guard let host = hosts.first(where: { rest.hasPrefix($0 + "/") }) else { return nil }
        rest = rest.dropFirst(host.count)
        guard let path = ["/spec/1.0.0/errors/", "/dsl/errors/types/"].first(where: { rest.hasPrefix($0) }) else {
            return nil
        }
        self.init(rawValue: String(rest.dropFirst(path.count)))
    }

    /// Whether two type URIs mean the same error.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard let left = Self(uri: left) else { return false }
        return left == Self(uri: right)
    }
}

extension WorkflowError {
    package init(_ type: StandardErrorType, status: Int? = nil, detail: String, instance: String? = nil) {
        self.init(
            type: type.uri, status: status ?? type.status, title: type.title, detail: detail, instance: instance)
    }
}
