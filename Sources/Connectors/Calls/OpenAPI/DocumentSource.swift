import JSON
import NIOCore
import Synchronization

/// Fetches OpenAPI documents, and keeps them for a while: a document is larger than the call that it describes.
final class DocumentSource: Sendable {
    /// Afterwards the server is asked whether it has changed.
    private static let freshSeconds = 300.0
    private static let maximumDocuments = 16
    /// Of all documents as they came; in memory they are several times that.
    private static let maximumKeptBytes = 8 << 20
    private static let maximumRedirects = 3

    private struct Entry {
        var document: OpenAPIDocument
        var bytes: Int
        var entityTag: String?
        var freshUntil: NIODeadline
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var order: [String] = []

        /// The documents that came first go first.
        mutating func keep(_ entry: Entry, _ key: String) {
            if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
            while order.count > 1,
                order.count > maximumDocuments || entries.values.reduce(0, { $0 + $1.bytes }) > maximumKeptBytes
            {
                entries[order.removeFirst()] = nil
            }
        }
    }

    private let sender: AuthenticatedSender
    private let state = Mutex(State())

    init(sender: AuthenticatedSender) { self.sender = sender }

    func document(
        at endpoint: CallEndpoint, deadline: NIODeadline, secrets: inout SecretResolution
    ) async throws(CallFailure) -> OpenAPIDocument {
        let key = Self.key(endpoint)
        let known = state.withLock { $0.entries[key] }
        if let known, known.freshUntil > .now() { return known.document }
        let (response, address) = try await fetch(endpoint, known?.entityTag, deadline, &secrets)
        if response.status == 304, let known {
            keep(known.document, known.bytes, known.entityTag, key)
            return known.document
        }
        let document = try OpenAPIDocument(reading: response.body, from: address)
        keep(document, response.body.count, response.header("etag"), key)
        return document
    }

    /// One document for one way to ask for it: what a credential opens is not for a call without it.
    private static func key(_ endpoint: CallEndpoint) -> String {
        let authentication = endpoint.authentication.map { Digests.sha256($0.serializedBytes(.canonical)) }
        return "\(endpoint.address) \(authentication ?? "")"
    }

    private func keep(_ document: OpenAPIDocument, _ bytes: Int, _ entityTag: String?, _ key: String) {
        let entry = Entry(
            document: document, bytes: bytes, entityTag: entityTag, freshUntil: .in(seconds: Self.freshSeconds))
        state.withLock { $0.keep(entry, key) }
    }

    /// Follows redirects; the credential stays with the system that it was meant for.
    private func fetch(
        _ endpoint: CallEndpoint, _ entityTag: String?, _ deadline: NIODeadline, _ secrets: inout SecretResolution
    ) async throws(CallFailure) -> (response: OutboundResponse, address: WebAddress) {
        var policy: AuthenticationPolicy?
        if let given = endpoint.authentication { policy = try AuthenticationPolicy(given, secrets: &secrets) }
        var address = endpoint.address
        for _ in 0...Self.maximumRedirects {
            let response = try await ask(address, entityTag, policy, deadline, &secrets)
            if response.status == 200 || (response.status == 304 && entityTag != nil) { return (response, address) }
            guard [301, 302, 303, 307, 308].contains(response.status), let location = response.header("location"),
                let next = address.resolving(reference: location),
                next.scheme == .https || address.scheme == .http
            else {
                throw CallFailure(
                    .communication, status: response.status,
                    "\(address.authority) answered \(response.status) when asked for the document")
            }
            if next.scheme != address.scheme || next.authority != address.authority { policy = nil }
            address = next
        }
        throw CallFailure(.communication, "the document is redirected more than \(Self.maximumRedirects) times")
    }

    private func ask(
        _ address: WebAddress, _ entityTag: String?, _ policy: AuthenticationPolicy?, _ deadline: NIODeadline,
        _ secrets: inout SecretResolution
    ) async throws(CallFailure) -> OutboundResponse {
        var headers = [
            (name: "Accept", value: "application/json, application/yaml, */*;q=0.5"),
            ("User-Agent", "millwright-runner"),
        ]
        if let entityTag { headers.append(("If-None-Match", entityTag)) }
        do {
            return try await sender.send(
                OutboundRequest(method: "GET", address: address, headers: headers), policy,
                limits: CallLimits(maximumResponseBytes: OpenAPIDocument.maximumBytes), deadline: deadline,
                secrets: &secrets)
        } catch let failure as OutboundFailure {
            throw CallFailure(beforeTheCall: failure, "the document cannot be had")
        } catch {
            throw error as? CallFailure ?? CallFailure(.communication, "the document cannot be had")
        }
    }
}
