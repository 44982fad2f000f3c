package import HTTPTypes
package import JSON
package import Tenancy

/// One operation of the API, declared once. The router, the authorisation, the OpenAPI document and the authorisation
/// tests all read this declaration and nothing else.
package struct Operation: Sendable {
    /// Unique; the `operationId` of the OpenAPI document: `listRuns`.
    package var id: String
    package var method: HTTPRequest.Method
    /// A path template, `/v1/plants/{plant}/runs`.
    package var path: String
    /// One sentence.
    package var summary: String
    /// The chapter of the documentation: `Runs`.
    package var tag: String
    package var access: Access
    package var query: [QueryParameter] = []
    package var body: RequestBodyDeclaration?
    package var success: SuccessDeclaration
    /// A change that ends a suspension must be possible during it.
    package var isAllowedWhileSuspended = false
    /// Changes need `If-Match` with the `ETag` of the state that they change.
    package var requiresVersion = false
    /// How long the operation may take before the caller gets `timeout`, in seconds. `nil` where the handler bounds
    /// itself (the database's own deadlines), because a timer a request costs too much there.
    package var timeoutSeconds: Int? = 30
    /// How many requests a body counts as, where one may hold the work of many; `nil` counts as one.
    package var weight: (@Sendable (JSONValue) -> Int)?
    package var handler: @Sendable (Call) async throws -> Reply

    package init(
        id: String, method: HTTPRequest.Method, path: String, summary: String, tag: String, access: Access,
        query: [QueryParameter] = [], body: RequestBodyDeclaration? = nil, success: SuccessDeclaration,
        isAllowedWhileSuspended: Bool = false, requiresVersion: Bool = false, timeoutSeconds: Int? = 30,
        weight: (@Sendable (JSONValue) -> Int)? = nil, handler: @escaping @Sendable (Call) async throws -> Reply
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.summary = summary
        self.tag = tag
        self.access = access
        self.query = query
        self.body = body
        self.success = success
        self.isAllowedWhileSuspended = isAllowedWhileSuspended
        self.requiresVersion = requiresVersion
        self.timeoutSeconds = timeoutSeconds
        self.weight = weight
        self.handler = handler
    }

    /// The names in braces, in order.
    package var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

/// Who may call an operation, and on what.
package enum Access: Sendable, Hashable {
    /// Anybody: health, the OpenAPI document.
    case open
    /// Anybody with a valid key or session; the handler shows each caller only what is its own.
    case authenticated
    /// Whoever holds the permission in the scope that the path names.
    case permission(Permission, on: ScopeSource)
}

/// Which scope a path means. The identifier is looked up; one that does not exist and one that the caller cannot reach
/// are answered alike (invariant 3).
package enum ScopeSource: String, Sendable, Hashable, CaseIterable {
    /// The platform itself.
    case platform
    /// `{partner}`, `{client}`, `{plant}` of the path.
    case partner, client, plant
}

package struct QueryParameter: Sendable, Hashable {
    package var name: String
    package var summary: String
    package var schema: JSONValue
    package var isRequired = false

    package init(_ name: String, _ summary: String, schema: JSONValue = ["type": "string"], isRequired: Bool = false) {
        self.name = name
        self.summary = summary
        self.schema = schema
        self.isRequired = isRequired
    }

    package static let limit = QueryParameter(
        "limit", "How many to show, at most.", schema: ["type": "integer", "minimum": 1, "maximum": 200, "default": 50])
    package static let cursor = QueryParameter("cursor", "Where the last page ended (`next` of its answer).")
    package static let page = [limit, cursor]
}

package struct RequestBodyDeclaration: Sendable {
    package static let defaultMaximumBytes = 1 << 20

    package var schema: JSONValue
    package var contentTypes: [String]
    package var maximumBytes: Int
    /// Compiled once when the operation is declared.
    let validator: JSONSchema

    package init(
        _ schema: JSONValue, contentTypes: [String] = ["application/json"], maximumBytes: Int = defaultMaximumBytes
    ) {
        self.schema = schema
        self.contentTypes = contentTypes
        self.maximumBytes = maximumBytes
        do {
            validator = try JSONSchema(schema, formatAssertion: true)
        } catch {
            preconditionFailure("an operation was declared with a schema that is none: \(error)")
        }
    }
}

package struct SuccessDeclaration: Sendable {
    package var status: HTTPResponse.Status
    package var summary: String
    package var schema: JSONValue?
    package var contentType: String

    package init(
        _ status: HTTPResponse.Status = .ok, _ summary: String, schema: JSONValue? = nil,
        contentType: String = "application/json"
    ) {
        self.status = status
        self.summary = summary
        self.schema = schema
        self.contentType = contentType
    }
}
