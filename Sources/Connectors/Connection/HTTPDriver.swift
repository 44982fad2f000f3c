import JQ
import JSON
import NIOCore
import Primitives

/// Speaks to systems with an HTTP API, as their connector describes it.
final class HTTPDriver: ConnectionDriver {
    private let connection: Connection
    private let base: WebAddress
    private let tls: OutboundClient.TLSSettings
    private let client: OutboundClient
    private let tokens = TokenSource()

    init(connection: Connection, base: WebAddress, tls: OutboundClient.TLSSettings, client: OutboundClient) {
        self.connection = connection
        self.base = base
        self.tls = tls
        self.client = client
    }

    func attempt(
        _ call: CapabilityCall, _ description: OperationDescription, deadline: NIODeadline
    ) async -> Attempt {
        let input: JSONValue = [
            "arguments": call.arguments, "configuration": connection.configuration,
            "idempotencyKey": .string(call.idempotencyKey),
        ]
        do {
            let request = try RequestBuilder(connection: connection, base: base).request(
                description.request, input: input, idempotencyKey: call.idempotencyKey)
            let response = try await send(request, limits(description, deadline))
            let reader = AnswerReader(
                rules: description.errorRules + connection.description.errorRules,
                isRead: call.operation.effect == .read)
            return reader.read(response, description.response, call: input)
        } catch let failure as OutboundFailure {
            return AnswerReader.classify(failure, isRead: call.operation.effect == .read)
        } catch let failure as CallFailure {
            return .permanent(failure)
        } catch {
            return .permanent(CallFailure(.configuration, "the request cannot be made: \(error)"))
        }
    }

    func test(_ description: OperationDescription, deadline: NIODeadline) async -> TestObservation {
        let input: JSONValue = [
            "arguments": .object([:]), "configuration": connection.configuration, "idempotencyKey": "connection-test",
        ]
        var seen = TestObservation()
        do {
            let request = try RequestBuilder(connection: connection, base: base).request(
                description.request, input: input, idempotencyKey: nil)
            let address = request.address
            seen.asked = .init(method: request.method, host: address.authority, path: address.path)
            let response = try await send(request, limits(description, deadline))
            seen.status = response.status
            seen.isPage = response.isPage
            let reader = AnswerReader(
                rules: description.errorRules + connection.description.errorRules, isRead: true)
            switch reader.read(response, description.response, call: input) {
            case .succeeded, .alreadyDone: break
            case .permanent(let failure), .retryable(let failure, _), .unknown(let failure, _): seen.failure = failure
            }
        } catch let failure as OutboundFailure {
            seen.failure = AnswerReader.reason(of: failure)
        } catch {
            seen.failure = error as? CallFailure ?? CallFailure(.configuration, "the request cannot be made: \(error)")
        }
        return seen
    }

    private func limits(_ description: OperationDescription, _ deadline: NIODeadline) -> CallLimits {
        var limits = connection.description.limits
        let left = Double((deadline - .now()).nanoseconds) / 1e9
        limits.timeoutSeconds = max(0.001, min(description.timeoutSeconds ?? limits.timeoutSeconds, left))
        return limits
    }

    /// Sends with the connection's credential; a token that is no longer taken is renewed once.
    private func send(_ request: OutboundRequest, _ limits: CallLimits) async throws -> OutboundResponse {
        let (first, token) = try await authorised(request, limits)
        let response = try await client.send(first, limits: limits, tls: tls)
        guard response.status == 401, let token else { return response }
        tokens.discard(token)
        return try await client.send(try await authorised(request, limits).request, limits: limits, tls: tls)
    }

    /// The request with the credential, and the token in it when it was fetched.
    private func authorised(
        _ request: OutboundRequest, _ limits: CallLimits
    ) async throws -> (request: OutboundRequest, token: Redacted<String>?) {
        var request = request
        switch connection.credential {
        case .none: break
        case .basic(let username, let password):
            request.headers.append(("Authorization", BasicAuthentication.header(username, password)))
        case .bearer(let token): request.headers.append(("Authorization", "Bearer " + token.reveal()))
        case .apiKey(let key):
            request.headers.append((connection.description.apiKeyHeader ?? "X-API-Key", key.reveal()))
        case .oauth2(let clientID, let secret):
            let token = try await tokens.token { (_) async throws(CallFailure) in
                try TokenAnswer(reading: try await self.fetchToken(clientID, secret, limits))
            }
            request.headers.append(("Authorization", "Bearer " + token.reveal()))
            return (request, token)
        }
        return (request, nil)
    }

    private func fetchToken(
        _ clientID: String, _ secret: Redacted<String>, _ limits: CallLimits
    ) async throws(CallFailure) -> OutboundResponse {
        guard let oauth2 = connection.description.oauth2 else {
            throw CallFailure(.configuration, "the connector describes no token server")
        }
        let configured = connection.configuration["tokenAddress"]?.stringValue ?? oauth2.tokenAddress
        let address = configured.hasPrefix("/") ? base.appending(path: configured) : try? WebAddress(configured)
        guard let address else { throw CallFailure(.configuration, "the token server's address is malformed") }
        var form: [(String, String)] = [("grant_type", "client_credentials")]
        if let scope = oauth2.scope { form.append(("scope", scope)) }
        var headers = [
            (name: "Content-Type", value: "application/x-www-form-urlencoded"), ("Accept", "application/json"),
        ]
        if oauth2.sendsSecretInBody {
            form += [("client_id", clientID), ("client_secret", secret.reveal())]
        } else {
            let encoded = Redacted(PercentEncoding.component(secret.reveal()))
            headers.append(
                ("Authorization", BasicAuthentication.header(PercentEncoding.component(clientID), encoded)))
        }
        let body = form.map { PercentEncoding.component($0.0) + "=" + PercentEncoding.component($0.1) }
            .joined(separator: "&")
        do {
            return try await client.send(
                OutboundRequest(method: "POST", address: address, headers: headers, body: Array(body.utf8)),
                limits: limits, tls: tls)
        } catch {
            throw CallFailure(
                .authentication, "the token server cannot be asked: \(error.description)", cause: error.kind)
        }
    }
}
