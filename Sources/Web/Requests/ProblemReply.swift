import HTTPTypes
package import Hummingbird
package import JSON
import NIOCore
package import Primitives

extension Problem {
    /// The problem document of RFC 9457.
    package func document(instance: String) -> JSONValue {
        var object: JSONObject = [
            "type": .string("about:blank"),
            "title": .string(title),
            "status": .number(JSONNumber(code.httpStatus)),
            "code": .string(code.rawValue),
            "detail": .string(detail),
            "instance": .string(instance),
        ]
        if !items.isEmpty {
            object["errors"] = .array(
                items.map { .object(["path": .string($0.path), "message": .string($0.message)]) })
        }
        return .object(object)
    }

    private var title: String {
        let words = code.rawValue.replacing("-", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    package func response(requestID: String) -> Response {
        let bytes = document(instance: "urn:millwright:request:\(requestID)").serializedBytes()
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        if code == .unauthenticated { headers[.wwwAuthenticate] = "Bearer realm=\"Millwright\"" }
        if code.isRetryable { headers[.retryAfter] = "1" }
        return Response(
            status: .init(code: code.httpStatus), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
