import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import Primitives

/// The control plane's API as the tool and the demo call it: the same door that every partner uses.
struct APIClient: Sendable {
    /// Longer than the slowest operation of the API.
    static let timeoutSeconds: Int64 = 60
    static let maximumAnswerBytes = 64 << 20

    let base: String
    let key: Redacted<String>
    let http: HTTPClient
    let timeoutSeconds: Int64

    init(base: String, key: String, http: HTTPClient = .shared, timeoutSeconds: Int64 = APIClient.timeoutSeconds) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.key = Redacted(key)
        self.http = http
        self.timeoutSeconds = timeoutSeconds
    }

    func with(key: String) -> APIClient {
        APIClient(base: base, key: key, http: http, timeoutSeconds: timeoutSeconds)
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: JSONValue
        /// As they came: what is not JSON, such as a page.
        var bytes: [UInt8]
    }

    func get(_ path: String) async throws -> JSONValue { try await call(.GET, path).body }

    func post(
        _ path: String, _ body: JSONValue? = nil, idempotencyKey: String? = nil,
        contentType: String = "application/json"
    ) async throws -> JSONValue {
        try await call(.POST, path, body, idempotencyKey: idempotencyKey, contentType: contentType).body
    }

    /// All items of a list, page by page.
    func all(_ path: String) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let mark = path.contains("?") ? "&" : "?"
            let page = try await get(path + mark + "limit=200" + (cursor.map { "&cursor=" + $0 } ?? ""))
            items += page["items"]?.arrayValue ?? []
            cursor = page["next"]?.stringValue
        } while cursor != nil
        return items
    }

    /// - Throws: the `Problem` of the answer, or `unavailable` when there is none.
    func call(
        _ method: NIOHTTP1.HTTPMethod, _ path: String, _ body: JSONValue? = nil, idempotencyKey: String? = nil,
        contentType: String = "application/json", ifMatch: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer " + key.reveal())
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body.serializedBytes()))
        }
        if let idempotencyKey { request.headers.add(name: "Idempotency-Key", value: idempotencyKey) }
        if let ifMatch { request.headers.add(name: "If-Match", value: ifMatch) }
        let response: HTTPClientResponse
        let bytes: ByteBuffer
        do {
            response = try await http.execute(request, timeout: .seconds(timeoutSeconds))
            bytes = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Problem(.unavailable, "The control plane at \(base) does not answer: \(error)")
        }
        let value = bytes.readableBytes == 0 ? .null : try? JSONValue(parsing: Array(bytes.readableBytesView))
        guard (200..<300).contains(response.status.code) else {
            throw Problem(answer: value ?? .null, status: Int(response.status.code))
        }
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: value ?? .null,
            bytes: Array(bytes.readableBytesView))
    }
}

extension Problem {
    /// The problem document of an answer; an answer that is none keeps its status.
    init(answer: JSONValue, status: Int) {
        let code =
            answer["code"]?.stringValue.flatMap(Code.init(rawValue:))
            ?? (status >= 500 ? .unavailable : .invalidRequest)
        let items = (answer["errors"]?.arrayValue ?? []).map { item in
            Item(path: item["path"]?.stringValue ?? "", message: item["message"]?.stringValue ?? "")
        }
        self.init(code, answer["detail"]?.stringValue ?? "The answer has status \(status).", items: items)
    }
}
