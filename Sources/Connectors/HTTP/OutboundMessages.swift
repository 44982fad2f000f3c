package import JSON

/// A request to another system.
package struct OutboundRequest: Sendable {
    package var method: String
    package var address: WebAddress
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?

    package init(
        method: String, address: WebAddress, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }

    /// Whether asking again changes nothing (RFC 9110, 9.2.1).
    package var isSafe: Bool { method == "GET" || method == "HEAD" }
}

/// Another system's answer, whole and within its limits.
package struct OutboundResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header, whatever the case of its name.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// Names in lower case; values of a repeated header joined with a comma.
    package var headersAsJSON: JSONValue {
        var object = JSONObject()
        for (name, value) in headers {
            let key = name.lowercased()
            let joined = object[key]?.stringValue.map { $0 + ", " + value } ?? value
            object[key] = .string(joined)
        }
        return .object(object)
    }

    /// Whether this is a page for people: by its type, or by how it begins where a server says something else.
    package var isPage: Bool {
        let type = (header("content-type") ?? "").lowercased()
        if type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") { return true }
        let start = String(decoding: body.prefix(64), as: UTF8.self).lowercased().drop { $0.isWhitespace }
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
    }

    /// Whether the body says that it is JSON: `application/json` or any `+json`.
    package var isJSON: Bool {
        let type = (header("content-type") ?? "").prefix { $0 != ";" }.lowercased()
        let trimmed = type.filter { $0 != " " }
        return trimmed == "application/json" || trimmed.hasSuffix("+json")
    }
}
