import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Primitives

/// Reads a request's body as its declaration allows, and says everything that is wrong with it.
struct BodyReader {
    static let limits = JSONLimits(maximumDepth: 64, rejectDuplicateKeys: true)

    let declaration: RequestBodyDeclaration

    func read(_ request: Request) async throws -> (bytes: [UInt8], value: JSONValue) {
        try checkContentType(request.headers[.contentType])
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > declaration.maximumBytes {
            throw tooLarge("\(length) bytes")
        }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= declaration.maximumBytes else {
                throw tooLarge("more than \(bytes.count) bytes")
            }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length != bytes.count {
            throw Problem(.invalidRequest, "The body ended after \(bytes.count) of \(length) bytes.")
        }
        guard !bytes.isEmpty else {
            throw Problem(.invalidRequest, "The request needs a JSON body.")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw Problem(
                .invalidRequest, "The body is not JSON.", items: [.init(path: "", message: error.description)])
        }
        let violations = declaration.validator.validate(value)
        guard violations.isEmpty else {
            throw Problem(
                .invalidParameters, "The body does not have the form that this operation needs.",
                items: violations.map { .init(path: $0.instancePath.description, message: $0.message) })
        }
        return (bytes, value)
    }

    private func checkContentType(_ value: String?) throws {
        // As nearly everybody writes it: without parameters, in lower case.
        if let value, declaration.contentTypes.contains(value) { return }
        let type = value?.split(separator: ";").first.map { $0.trimmingPrefix(" ").lowercased() } ?? ""
        guard declaration.contentTypes.contains(type.replacing(" ", with: "")) else {
            throw Problem(
                .unsupportedMediaType,
                "Send the body as \(declaration.contentTypes.joined(separator: " or ")), with that Content-Type.")
        }
    }

    private func tooLarge(_ size: String) -> Problem {
        Problem(
            .payloadTooLarge,
            "The body has \(size); this operation takes \(declaration.maximumBytes) bytes at the most. Send less at a time."
        )
    }
}
