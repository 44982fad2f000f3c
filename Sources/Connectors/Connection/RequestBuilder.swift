import JQ
import JSON

/// Makes the request of one call out of its template.
struct RequestBuilder {
    let connection: Connection
    let base: WebAddress

    /// - Parameter input: `{arguments, configuration, idempotencyKey}`, what the template's expressions see.
    func request(
        _ template: RequestTemplate, input: JSONValue, idempotencyKey: String?
    ) throws(TemplateError) -> OutboundRequest {
        let path = try template.path.expand(input, budget: .mapping)
        let query = try query(template, input)
        var headers = try headers(template, input)
        var body: [UInt8]?
        if let program = template.body {
            body = try program.single(input, budget: .mapping, place: "body").serializedBytes()
            headers.append(("Content-Type", "application/json"))
        }
        headers.append(("Accept", "application/json"))
        if let name = connection.description.idempotencyHeader, let idempotencyKey, template.method != "GET",
            template.method != "HEAD"
        {
            headers.append((name, idempotencyKey))
        }
        return OutboundRequest(
            method: template.method, address: base.appending(path: path, query: query), headers: headers, body: body)
    }

    private func query(
        _ template: RequestTemplate, _ input: JSONValue
    ) throws(TemplateError) -> [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        for (name, program) in template.query {
            let value = try program.single(input, budget: .mapping, place: "query.\(name)")
            for element in value.arrayValue ?? [value] where !element.isNull {
                guard let text = element.plainText else {
                    throw TemplateError(place: "query.\(name)", message: "a query parameter must be a text or a number")
                }
                query.append((name, text))
            }
        }
        return query
    }

    private func headers(
        _ template: RequestTemplate, _ input: JSONValue
    ) throws(TemplateError) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (name, program) in template.headers {
            let value = try program.single(input, budget: .mapping, place: "headers.\(name)")
            if value.isNull { continue }
            guard let text = value.plainText, HeaderRules.isValue(text) else {
                throw TemplateError(place: "headers.\(name)", message: "a header must be a text on one line")
            }
            headers.append((name, text))
        }
        return headers
    }
}
