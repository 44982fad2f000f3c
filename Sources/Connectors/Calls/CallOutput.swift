import JSON
import YAML

/// Makes the task's output of an answer (Open Workflow Specification 1.0.3, HTTP Response).
struct CallOutput {
    let plan: RequestPlan
    let response: OutboundResponse
    let redaction: Redaction

    func value() throws(CallFailure) -> JSONValue {
        switch plan.output {
        case .raw: return .string(Base64.encode(redaction.echo(response.body)))
        case .content: return redaction.echo(try content())
        case .response:
            return [
                "request": request, "statusCode": JSONValue(response.status),
                "headers": redaction.echo(response.headersAsJSON), "content": redaction.echo(try content()),
            ]
        }
    }

    /// What was sent, without what proves who asked.
    private var request: JSONValue {
        var headers = JSONObject()
        for (name, value) in plan.request.headers where name.lowercased() != "authorization" {
            let shown = redaction.strict(value)
            headers[name] = .string(headers[name]?.stringValue.map { "\($0), \(shown)" } ?? shown)
        }
        return [
            "method": .string(plan.methodAsGiven), "uri": .string(redaction.strict(plan.request.address.description)),
            "headers": .object(headers),
        ]
    }

    /// JSON and YAML are read; a text is a text, and anything else Base64.
    private func content() throws(CallFailure) -> JSONValue {
        if response.body.isEmpty { return .null }
        let type = MediaType(response.header("content-type") ?? "")
        if type.isJSON {
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            let body = response.body.starts(with: mark) ? Array(response.body.dropFirst(3)) : response.body
            guard let value = try? JSONValue(parsing: body) else { throw unreadable("JSON") }
            return value
        }
        if type.isYAML {
            guard let document = try? YAMLDocument(parsing: response.body) else { throw unreadable("YAML") }
            return document.value
        }
        if let text = String(validating: response.body, as: UTF8.self) { return .string(text) }
        return .string(Base64.encode(response.body))
    }

    /// It was answered, with a status that says success; only its content cannot be had.
    private func unreadable(_ format: String) -> CallFailure {
        CallFailure(
            .communication, status: response.status,
            "\(plan.request.address.authority) answered \(response.status), and its content says that it is \(format) "
                + "and is not")
    }
}
