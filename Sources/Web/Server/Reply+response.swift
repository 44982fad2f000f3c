import HTTPTypes
import Hummingbird
import JSON
import NIOCore

extension Reply {
    /// The answer as it goes out.
    func response(requestID: String) -> Response {
        var fields = headers
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        fields[.requestID] = requestID
        let bytes: [UInt8]
        switch body {
        case .none: bytes = []
        case .json(let value):
            fields[.contentType] = "application/json"
            bytes = value.serializedBytes()
        case .bytes(let given, let contentType):
            fields[.contentType] = contentType
            bytes = given
        case .stream(let contentType, let body):
            fields[.contentType] = contentType
            return Response(status: status, headers: fields, body: body)
        }
        return Response(
            status: status, headers: fields,
            body: bytes.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The answer as it is kept for a repeated request.
    var kept: Reply {
        var copy = self
        if let keptBody { copy.body = .json(keptBody) }
        return copy
    }

    /// Status, headers and bytes.
    var stored: (status: Int, headers: [String: String], body: [UInt8]) {
        var fields: [String: String] = [:]
        for field in headers { fields[field.name.rawName] = field.value }
        switch body {
        case .none: return (status.code, fields, [])
        case .json(let value):
            fields["Content-Type"] = "application/json"
            return (status.code, fields, value.serializedBytes())
        case .bytes(let bytes, let contentType):
            fields["Content-Type"] = contentType
            return (status.code, fields, bytes)
        case .stream(let contentType, _):
            fields["Content-Type"] = contentType
            return (status.code, fields, [])
        }
    }

    static func replayed(status: Int, headers: [String: String], body: [UInt8]) -> Reply {
        var fields: HTTPFields = [.idempotencyReplayed: "true"]
        for (name, value) in headers where name.lowercased() != "content-type" {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let contentType = headers.first { $0.key.lowercased() == "content-type" }?.value
        return Reply(
            .init(code: status), contentType.map { .bytes(body, contentType: $0) } ?? .none, headers: fields)
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
    static let auditReason = HTTPField.Name("X-Audit-Reason")!
    static let requestID = HTTPField.Name("X-Request-Id")!
}
