import Connectors
import JSON
import Primitives
import Workflow

/// `call: http` of a definition: method, endpoint, headers, query and body as evaluated, through the same client and
/// egress rules as everything else.
struct HTTPCallEffect {
    /// One try, when the task has no timeout of its own.
    private static let timeoutSeconds = 60.0

    let client: OutboundClient

    func perform(_ effect: Effect) async throws(CallFailure) -> JSONValue {
        let arguments = HTTPCallArguments(effect.request.arguments)
        let request = try arguments.request(idempotencyKey: effect.idempotencyKey)
        // A definition cannot say how to look up what it did; only a read may be made again after a crash.
        if effect.mayHaveHappened, !request.isSafe {
            throw CallFailure(.outcomeUnknown, "outcome unknown: the call was under way when its runner went away")
        }
        var limits = CallLimits(maximumResponseBytes: 4 << 20)
        limits.timeoutSeconds = effect.request.timeoutSeconds ?? Self.timeoutSeconds
        limits.readTimeoutSeconds = limits.timeoutSeconds
        let response: OutboundResponse
        do {
            response = try await client.send(request, limits: limits)
        } catch {
            throw Self.failure(error, isSafe: request.isSafe)
        }
        let accepted = arguments.acceptsRedirection ? 200..<400 : 200..<300
        guard accepted.contains(response.status) else {
            throw CallFailure(
                .communication, status: response.status, "\(request.address.authority) answered \(response.status)")
        }
        return try arguments.output(request, response)
    }

    private static func failure(_ failure: OutboundFailure, isSafe: Bool) -> CallFailure {
        switch failure.kind {
        case .cancelled: CallFailure(.cancelled, failure.description)
        case .invalidRequest: CallFailure(.invalidArguments, failure.description)
        case .egress(let refusal) where !refusal.reason.isTransient: CallFailure(.authorization, failure.description)
        case _ where failure.wasSent && !isSafe:
            CallFailure(.outcomeUnknown, "outcome unknown: \(failure.description)")
        case .timedOut: CallFailure(.timeout, failure.description)
        default: CallFailure(.communication, failure.description)
        }
    }
}

/// The `with` of a `call: http` task, after evaluation (Open Workflow Specification 1.0.3, HTTP Call).
private struct HTTPCallArguments {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    var acceptsRedirection: Bool { value["redirect"]?.boolValue ?? false }

    func request(idempotencyKey: String) throws(CallFailure) -> OutboundRequest {
        guard let method = value["method"]?.stringValue?.uppercased(), HeaderRules.isName(method) else {
            throw CallFailure(.invalidArguments, "`method` must be the name of a method")
        }
        let address = try address()
        var headers = try pairs("headers")
        if let authorization = try authorization() { headers.append(("Authorization", authorization)) }
        var request = OutboundRequest(method: method, address: address)
        func has(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name } }
        if let body = value["body"], !body.isNull {
            if let text = body.stringValue, has("content-type") {
                request.body = Array(text.utf8)
            } else {
                request.body = body.serializedBytes()
                if !has("content-type") { headers.append(("Content-Type", "application/json")) }
            }
        }
        if !has("accept") { headers.append(("Accept", "application/json, */*;q=0.5")) }
        if !has("user-agent") { headers.append(("User-Agent", "millwright-runner")) }
        if !request.isSafe, !has("idempotency-key") { headers.append(("Idempotency-Key", idempotencyKey)) }
        request.headers = headers
        return request
    }

    private func address() throws(CallFailure) -> WebAddress {
        let endpoint = value["endpoint"]
        guard let text = endpoint?.stringValue ?? endpoint?["uri"]?.stringValue else {
            throw CallFailure(.invalidArguments, "`endpoint` must be an address or an object with `uri`")
        }
        do {
            return try WebAddress(text).adding(query: try pairs("query"))
        } catch let failure as CallFailure {
            throw failure
        } catch {
            throw CallFailure(.invalidArguments, "`endpoint`: \(error)")
        }
    }

    private func pairs(_ key: String) throws(CallFailure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for (name, member) in value[key]?.objectValue ?? [:] {
            for element in member.arrayValue ?? [member] where !element.isNull {
                switch element {
                case .string(let text): pairs.append((name, text))
                case .number, .bool: pairs.append((name, element.serialized()))
                default: throw CallFailure(.invalidArguments, "`\(key).\(name)` must be a text or a number")
                }
            }
        }
        return pairs
    }

    private func authorization() throws(CallFailure) -> String? {
        guard let authentication = value["endpoint"]?["authentication"], !authentication.isNull else { return nil }
        if let token = authentication["bearer"]?["token"]?.stringValue { return "Bearer " + token }
        if let basic = authentication["basic"], let username = basic["username"]?.stringValue,
            let password = basic["password"]?.stringValue
        {
            return "Basic " + Base64.encode(Array("\(username):\(password)".utf8))
        }
        throw CallFailure(
            .configuration,
            "this runner takes `basic` and `bearer` with their values; use a connection for anything else")
    }

    func output(_ request: OutboundRequest, _ response: OutboundResponse) throws(CallFailure) -> JSONValue {
        switch value["output"]?.stringValue ?? "content" {
        case "raw": return .string(Base64.encode(response.body))
        case "response":
            let named: [(String, JSONValue)] = request.headers
                .filter { $0.name.lowercased() != "authorization" }.map { ($0.name, .string($0.value)) }
            return [
                "request": [
                    "method": .string(request.method), "uri": .string(request.address.description),
                    "headers": .object(JSONObject(uniqueKeysWithValues: named)),
                ],
                "statusCode": JSONValue(response.status), "headers": response.headersAsJSON,
                "content": try content(response),
            ]
        default: return try content(response)
        }
    }

    private func content(_ response: OutboundResponse) throws(CallFailure) -> JSONValue {
        if response.body.isEmpty { return .null }
        guard response.isJSON else { return .string(String(decoding: response.body, as: UTF8.self)) }
        do {
            return try JSONValue(parsing: response.body)
        } catch {
            throw CallFailure(.communication, status: response.status, "the answer says that it is JSON and is not")
        }
    }
}
