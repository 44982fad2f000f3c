import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Tenancy
import Testing

/// What a browser without scripts does: it keeps cookies, follows nothing by itself, and sends forms with their token.
final class Browser: Sendable {
    struct Page: Sendable {
        var status: Int
        var headers: HTTPFields
        var html: String

        var location: String? { headers[.location] }
        var cookie: String? { headers[.setCookie] }
        /// Words on the page, without tags and with entities read.
        var text: String { HTMLOutline(html).text }
    }

    private let client: any TestClientProtocol
    private let host: String
    private let cookies = Mutex<[String: String]>([:])

    init(client: any TestClientProtocol, host: String) {
        self.client = client
        self.host = host
    }

    var session: String? {
        get { cookies.withLock { $0["mw_session"] } }
        set { cookies.withLock { $0["mw_session"] = newValue } }
    }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> Page {
        try await send(.get, path, headers, nil)
    }

    /// Sends fields as a form does. `page` is where the form stands: its token goes along.
    func post(
        _ path: String, _ fields: [String: String] = [:], from page: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Page {
        var fields = fields
        if let page {
            let html = try await get(page).html
            let token: String = try #require(
                HTMLOutline(html).attribute("value", ofInput: "form-token"), "\(page) has a form")
            fields["form-token"] = token
        }
        let body = fields.map { Self.encoded($0.key) + "=" + Self.encoded($0.value) }.joined(separator: "&")
        return try await send(.post, path, headers, ByteBuffer(string: body))
    }

    func post(_ path: String, raw bytes: [UInt8], headers: HTTPFields = [:]) async throws -> Page {
        try await send(.post, path, headers, ByteBuffer(bytes: bytes))
    }

    func signIn(key: String, next: String = "/portal", headers: HTTPFields = [:]) async throws -> Page {
        try await post("/portal/sign-in", ["key": key, "next": next], headers: headers)
    }

    func signIn(_ person: Principal, password: String) async throws -> Page {
        try await post("/portal/sign-in", ["email": person.email ?? "", "password": password])
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ more: HTTPFields, _ body: ByteBuffer?
    ) async throws -> Page {
        var headers = more
        headers[HTTPField.Name.testHost] = host
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        let kept = cookies.withLock { $0.map { "\($0.key)=\($0.value)" } }
        if !kept.isEmpty { headers[.cookie] = kept.joined(separator: "; ") }
        let page = try await client.execute(uri: path, method: method, headers: headers, body: body) { response in
            Page(
                status: response.status.code, headers: response.headers, html: String(buffer: response.body))
        }
        if let cookie = page.cookie?.split(separator: ";").first, let end = cookie.firstIndex(of: "=") {
            let value = String(cookie[cookie.index(after: end)...])
            cookies.withLock { $0[String(cookie[..<end])] = value.isEmpty ? nil : value }
        }
        return page
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            if character.isASCII, character.isLetter || character.isNumber { return String(character) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
