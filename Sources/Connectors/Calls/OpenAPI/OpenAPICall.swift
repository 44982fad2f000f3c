import JSON

/// `call: openapi`: gives each argument the place that the document says.
///
/// An argument is a declared parameter (in each place that declares its name) or the body: the argument `body`, in Swagger
/// 2.0 the one that is named like the body, or else all that is left as one object. What has no place is an error.
struct OpenAPICall {
    private let operation: OpenAPIOperation
    private let arguments: CallArguments
    private let given: JSONObject
    private let idempotencyKey: String

    init(document: OpenAPIDocument, arguments: CallArguments, idempotencyKey: String) throws(CallFailure) {
        operation = try OpenAPIOperation(try arguments.text("operationId"), in: document)
        self.arguments = arguments
        self.idempotencyKey = idempotencyKey
        let parameters = arguments.value["parameters"] ?? .null
        guard parameters.isNull || parameters.objectValue != nil else {
            throw CallFailure(.invalidArguments, "`parameters` must be an object of names and values")
        }
        var given = parameters.objectValue ?? [:]
        given.removeAll { $0.value.isNull }
        self.given = given
    }

    func plan() throws(CallFailure) -> RequestPlan {
        let body = try body()
        try checkRequired(hasBody: body != nil)
        var headers = try headers()
        if let type = body?.contentType, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("Content-Type", type))
        }
        let authentication = arguments.value["authentication"].flatMap { $0.isNull ? nil : $0 }
        return try RequestPlan(
            method: operation.place.method, address: try address(), headers: headers, body: body?.value,
            authentication: authentication, arguments: arguments, idempotencyKey: idempotencyKey)
    }

    // MARK: Places

    private func texts(_ location: OpenAPIParameter.Location) throws(CallFailure) -> [ParameterText] {
        var texts: [ParameterText] = []
        for parameter in operation.parameters where parameter.location == location {
            if let value = given[parameter.name] { texts.append(try ParameterText(parameter, value)) }
        }
        return texts
    }

    private func address() throws(CallFailure) -> WebAddress {
        var values: [String: String] = [:]
        for text in try texts(.path) { values[text.parameter.name] = try text.path() }
        var path = ""
        var rest = operation.place.path[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            guard let value = values[name] else {
                throw CallFailure(
                    .configuration, "the document's path has `{\(name.prefix(200))}` and no parameter of this name")
            }
            path += PercentEncoding.lenient(rest[..<open]) + value
            rest = rest[rest.index(after: close)...]
        }
        path += PercentEncoding.lenient(rest)
        var address = operation.base.appending(path: path.hasPrefix("/") ? path : "/" + path)
        let query = try texts(.query).flatMap { $0.query() }
        if !query.isEmpty {
            address.target += (address.target.contains("?") ? "&" : "?") + query.joined(separator: "&")
        }
        return address
    }

    private func headers() throws(CallFailure) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for text in try texts(.header) { headers.append((text.parameter.name, try text.header())) }
        let cookies = try texts(.cookie).flatMap { $0.query() }
        if !cookies.isEmpty { headers.append(("Cookie", cookies.joined(separator: "; "))) }
        return headers
    }

    // MARK: Body

    private func body() throws(CallFailure) -> (value: JSONValue, contentType: String)? {
        var left = given
        for parameter in operation.parameters { left.removeValue(forKey: parameter.name) }
        if let type = operation.formType {
            try refuse(left)
            var fields = JSONObject()
            for text in try texts(.formData) { fields[text.parameter.name] = text.form() }
            return fields.isEmpty ? nil : (.object(fields), type)
        }
        guard let body = operation.body else {
            try refuse(left)
            return nil
        }
        for name in [body.name, "body"] {
            guard let value = left.removeValue(forKey: name) else { continue }
            try refuse(left)
            return try encoded(value, body.contentType)
        }
        return left.isEmpty ? nil : try encoded(.object(left), body.contentType)
    }

    /// A text that is to be JSON is written as JSON; one that is to be something else is sent as it is.
    private func encoded(
        _ value: JSONValue, _ contentType: String
    ) throws(CallFailure) -> (value: JSONValue, contentType: String) {
        let type = MediaType(contentType)
        if type.isJSON { return (value.stringValue == nil ? value : .string(value.serialized()), contentType) }
        guard value.stringValue != nil || [MediaType.form, MediaType.multipart].contains(type.name) else {
            throw CallFailure(
                .invalidArguments,
                "the operation `\(operation.id)` takes \(contentType.prefix(100)): give `body` as a text")
        }
        return (value, contentType)
    }

    private func refuse(_ left: JSONObject) throws(CallFailure) {
        guard !left.isEmpty else { return }
        let names = left.keys.prefix(5).map { "`\($0.prefix(100))`" }.joined(separator: ", ")
        let known = operation.parameters.prefix(20).map { "`\($0.name.prefix(100))`" }.joined(separator: ", ")
        throw CallFailure(
            .invalidArguments,
            "the operation `\(operation.id)` has no parameter \(names)" + (known.isEmpty ? "" : "; it has \(known)"))
    }

    private func checkRequired(hasBody: Bool) throws(CallFailure) {
        var missing = operation.parameters.filter { $0.isRequired && given[$0.name] == nil }
            .map { "`\($0.name.prefix(100))` (\($0.location.rawValue))" }
        if let body = operation.body, body.isRequired, !hasBody { missing.append("`\(body.name.prefix(100))` (body)") }
        guard !missing.isEmpty else { return }
        throw CallFailure(
            .invalidArguments,
            "the operation `\(operation.id)` needs \(missing.prefix(20).joined(separator: ", ")): give it in `parameters`"
        )
    }
}
