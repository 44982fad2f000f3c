import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import Primitives

/// Reads the stand-in system's own books: the other side of the comparison.
struct StandInClient: Sendable {
    let base: String
    let key: String

    func books() async throws -> JSONValue {
        var request = HTTPClientRequest(url: base + "/api/stand-in/books")
        request.headers.add(name: "X-API-Key", value: key)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok else {
            throw Problem(.unavailable, "The stand-in system answers \(response.status.code).")
        }
        return try JSONValue(parsing: Array(bytes.readableBytesView))
    }

    func isReady() async -> Bool { (try? await books()) != nil }
}
