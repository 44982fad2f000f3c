import JQ
import JSON

/// Reads operations, requests and error rules of a description.
struct OperationReader {
    let findings: FieldReader.Findings
    let kind: ConnectorDescription.Kind

    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    /// - Parameter isRead: a read may always be asked again.
    func operation(_ reader: FieldReader, isRead: Bool) -> OperationDescription? {
        let request = kind == .http ? request(reader) : message(reader)
        let response = response(reader)
        let errorRules = errorRules(reader)
        let isRepeatable = reader.flag("isRepeatable") ?? isRead
        let lookUp = reader.object("lookUp").flatMap(lookUp)
        let timeout = reader.number("timeoutSeconds", in: 0.1...600)
        reader.finish()
        guard let request else { return nil }
        return OperationDescription(
            request: request, response: response, errorRules: errorRules, isRepeatable: isRepeatable, lookUp: lookUp,
            timeoutSeconds: timeout)
    }

    private func lookUp(_ reader: FieldReader) -> LookUpDescription? {
        let request = request(reader)
        let response = response(reader)
        reader.finish()
        return request.map { LookUpDescription(request: $0, response: response) }
    }

    private func request(_ reader: FieldReader) -> RequestTemplate? {
        guard let object = reader.object("request", isRequired: true) else { return nil }
        let method = object.text("method", isRequired: true)?.uppercased()
        if let method, !Self.methods.contains(method) {
            object.report(
                .invalidValue, "method", "`\(method)` is not one of: \(Self.methods.sorted().joined(separator: ", "))")
        }
        let path = path(object)
        let query = expressions(object, "query")
        let headers = expressions(object, "headers")
        for header in headers where !HeaderRules.isName(header.name) || HeaderRules.isReserved(header.name) {
            object.report(.invalidValue, "headers", "`\(header.name)` cannot be set by a template")
        }
        let body = object.expression("body")
        object.finish()
        guard let method, let path else { return nil }
        return RequestTemplate(method: method, path: path, query: query, headers: headers, body: body)
    }

    /// For mail the request is the message that an expression makes of the arguments.
    private func message(_ reader: FieldReader) -> RequestTemplate? {
        let body = reader.expression("message")
        guard let path = try? PathTemplate("/") else { return nil }
        return RequestTemplate(method: "MAIL", path: path, query: [], headers: [], body: body)
    }

    private func path(_ reader: FieldReader) -> PathTemplate? {
        guard let source = reader.text("path", isRequired: true) else { return nil }
        do {
            return try PathTemplate(source)
        } catch {
            reader.report(.invalidExpression, "path", error.message)
            return nil
        }
    }

    private func expressions(_ reader: FieldReader, _ key: String) -> [(name: String, value: JQProgram)] {
        guard let object = reader.object(key) else { return [] }
        return object.members().compactMap { name, value -> (name: String, value: JQProgram)? in
            guard let source = value.stringValue else {
                object.report(.wrongType, name, "`\(name)` must be a jq expression")
                return nil
            }
            return object.expression(source, at: name).map { (name, $0) }
        }
    }

    private func response(_ reader: FieldReader) -> ResponseMapping {
        var mapping = ResponseMapping(success: [200, 201, 202, 204], format: .json, result: nil)
        guard let object = reader.object("response") else { return mapping }
        if let list = object.list("success") { mapping.success = statuses(list, object, "success") }
        if let format = object.choice("format", ResponseMapping.Format.self) { mapping.format = format }
        mapping.result = object.expression("result")
        object.finish()
        return mapping
    }

    func errorRules(_ reader: FieldReader) -> [ErrorRule] {
        (reader.list("errors") ?? []).enumerated().compactMap { index, value -> ErrorRule? in
            guard let object = reader.element(value, index, of: "errors") else { return nil }
            let statuses = object.list("status").map { self.statuses($0, object, "status") } ?? []
            let condition = object.expression("when")
            let outcome = object.choice("outcome", ErrorRule.Outcome.self, isRequired: true)
            let result = object.expression("result")
            let message = object.expression("message")
            object.finish()
            if statuses.isEmpty, condition == nil {
                object.report(.missing, nil, "a rule needs `status`, `when` or both")
            }
            guard let outcome else { return nil }
            return ErrorRule(
                statuses: statuses, condition: condition, outcome: outcome, result: result, message: message)
        }
    }

    private func statuses(_ list: [JSONValue], _ reader: FieldReader, _ key: String) -> Set<Int> {
        Set(
            list.compactMap { value -> Int? in
                if let status = value.intValue, (100...599).contains(status) { return status }
                reader.report(.invalidValue, key, "a status is a number from 100 to 599")
                return nil
            })
    }
}
