import Connectors
import JSON
import Primitives

/// Calls of tasks against peers on loopback.
struct TaskCalls {
    static let runID = "0198c0de-0000-7000-8000-000000000001"

    let client: OutboundClient
    let caller: HTTPTaskCaller

    init(_ peers: HTTPPeer..., secrets: JSONObject = [:]) {
        self.init(ports: peers.map(\.peer.port), secrets: secrets)
    }

    init(ports: [Int], secrets: JSONObject = [:]) {
        let rules = ports.map {
            EgressPolicy.Rule(pattern: HostPattern("127.0.0.1")!, port: $0, allowsPrivate: true)
        }
        client = OutboundClient(dialer: directDialer(EgressPolicy(rules: rules, within: .loopback)))
        caller = HTTPTaskCaller(client: client, secrets: GivenSecrets(secrets))
    }

    func call(
        _ arguments: JSONValue, function: String = "http", seconds: Double? = 30, mayHaveHappened: Bool = false
    ) async throws(CallFailure) -> JSONValue {
        try await caller.perform(
            HTTPTaskCall(
                function: function, arguments: arguments, runID: Self.runID, idempotencyKey: "key-1",
                timeoutSeconds: seconds, mayHaveHappened: mayHaveHappened))
    }

    /// How a call fails that must.
    func failure(
        _ arguments: JSONValue, function: String = "http", seconds: Double? = 30, mayHaveHappened: Bool = false
    ) async -> CallFailure? {
        do {
            _ = try await call(
                arguments, function: function, seconds: seconds, mayHaveHappened: mayHaveHappened)
            return nil
        } catch {
            return error
        }
    }

    static func marker(_ name: String, _ member: String? = nil) -> String {
        SecretMarker(runID: runID, name: name, member: member).text
    }
}

/// A GET of a peer with a policy.
func get(_ peer: HTTPPeer, _ path: String = "/x", authentication: JSONValue? = nil, output: String? = nil) -> JSONValue
{
    var endpoint: JSONValue = ["uri": .string(peer.base + path)]
    endpoint.set("authentication", authentication)
    var arguments: JSONValue = ["method": "get", "endpoint": endpoint]
    arguments.set("output", output.map { .string($0) })
    return arguments
}
