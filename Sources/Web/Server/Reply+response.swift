import HTTPTypes
import Hummingbird
import JSON
import NIOCore

extension Reply {
    /// The answer as it goes out.
    func response(requestID: String) -> Response {
        let (status, fields, body) = stored
        var headers: HTTPFields = [.cacheControl: "no-store"]
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        headers[.requestID] = requestID
        if case .stream(_, let body) = self.body {
            return Response(status: .init(code: status), headers: headers, body: body)
        }
        return Response(
            status: .init(code: status), headers: headers,
            body: body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: body)))
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
