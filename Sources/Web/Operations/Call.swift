package import HTTPTypes
package import HummingbirdCore
package import JSON
package import Primitives
package import Tenancy

/// One request, after everything that the declaration says was checked: who calls, on which scope, with which body.
package struct Call: Sendable {
    package var operation: Operation
    package var headers: HTTPFields
    package var pathValues: [String: String]
    package var queryValues: [String: String]
    /// The parsed body, valid against the declared schema; `null` when there is none.
    package var body: JSONValue
    /// The bytes as they came, for what is signed or kept as it is.
    package var bodyBytes: [UInt8]
    /// `nil` only for operations that are open.
    package var principal: Principal?
    package var scope: TenantScope
    package var actor: Actor
    /// The version from `If-Match`, where the operation requires one.
    package var expectedVersion: Int64?
    package var requestID: String

    /// An identifier of the path. One that is not even well formed names nothing that exists.
    package func id<Tag>(_ name: String, of kind: String) throws(Problem) -> Identifier<Tag> {
        guard let text = pathValues[name], let id = Identifier<Tag>(text) else { throw Problem.notFound(kind) }
        return id
    }

    package func pageRequest() throws(Problem) -> PageRequest {
        try PageRequest(limit: try integer("limit"), cursor: queryValues["cursor"])
    }

    package func integer(_ name: String) throws(Problem) -> Int? {
        guard let text = queryValues[name] else { return nil }
        guard let value = Int(text) else { throw badQuery(name, "Must be a whole number.") }
        return value
    }

    package func timestamp(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = queryValues[name] else { return nil }
        guard let value = Timestamp(text) else {
            throw badQuery(name, "Must be a date or a date and time of RFC 3339, like 2026-01-31T08:00:00Z.")
        }
        return value
    }

    package func oneOf<Value: RawRepresentable & CaseIterable>(_ name: String, _: Value.Type) throws(Problem) -> Value?
    where Value.RawValue == String {
        guard let text = queryValues[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            throw badQuery(name, "Must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return value
    }

    package func identifier<Tag>(_ name: String, _: Identifier<Tag>.Type) throws(Problem) -> Identifier<Tag>? {
        guard let text = queryValues[name] else { return nil }
        guard let value = Identifier<Tag>(text) else { throw badQuery(name, "Must be an identifier.") }
        return value
    }

    package func badQuery(_ name: String, _ message: String) -> Problem {
        Problem(.invalidParameters, "The query is not valid.", items: [.init(path: "?\(name)", message: message)])
    }

    /// The caller of an operation that is not open.
    package func caller() throws(Problem) -> Principal {
        guard let principal else { throw Problem(.unauthenticated, "Sign in or send an API key.") }
        return principal
    }
}

/// What an operation answers.
package struct Reply: Sendable {
    package enum Body: Sendable {
        case none
        case json(JSONValue)
        case bytes([UInt8], contentType: String)
        /// Written as it comes about. It bounds itself in time; only a GET answers so.
        case stream(contentType: String, ResponseBody)
    }

    package var status: HTTPResponse.Status
    package var headers: HTTPFields = [:]
    package var body: Body
    /// What a repeated request gets instead of `body`, where that shows a secret that must not be kept.
    package var keptBody: JSONValue?

    package init(_ status: HTTPResponse.Status = .ok, _ body: Body = .none, headers: HTTPFields = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    package static func json(_ value: JSONValue, _ status: HTTPResponse.Status = .ok) -> Reply {
        Reply(status, .json(value))
    }

    /// With the `ETag` that `If-Match` of a later change must repeat.
    package static func versioned(_ value: JSONValue, _ version: Int64, _ status: HTTPResponse.Status = .ok) -> Reply {
        Reply(status, .json(value), headers: [.eTag: "\"\(version)\""])
    }

    package static func created(_ value: JSONValue, at location: String, version: Int64? = nil) -> Reply {
        var headers: HTTPFields = [.location: location]
        if let version { headers[.eTag] = "\"\(version)\"" }
        return Reply(.created, .json(value), headers: headers)
    }

    package static func page<Item>(_ page: Page<Item>, _ item: (Item) throws -> JSONValue) rethrows -> Reply {
        var body: JSONObject = ["items": .array(try page.items.map(item))]
        body["next"] = page.next.map(JSONValue.string) ?? .null
        return .json(.object(body))
    }

    package static let noContent = Reply(.noContent)
}
