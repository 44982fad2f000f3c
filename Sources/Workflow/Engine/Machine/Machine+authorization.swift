import JQ
import JSON
import Primitives

/// `$authorization`.
extension Machine {
    /// What the task's authentication resolves to: `{"scheme","parameter"}`. `parameter` is `null` where only the driver
    /// knows it: a token that it must fetch, an answer to a challenge, a credential that is taken from a secret.
    func authorizationArgument(_ scope: EvaluationScope) -> JSONValue {
        guard let activation = scope.activation, case .call(_, let arguments) = activation.node.body,
            let policy = arguments.authentication,
            let settings = try? evaluate(policy, on: activation.input.value, scope)
        else { return .null }
        return Self.authorization(settings)
    }

    private static func authorization(_ policy: JSONValue) -> JSONValue {
        if let bearer = policy["bearer"] {
            return ["scheme": "Bearer", "parameter": bearer["token"] ?? .null]
        }
        if let basic = policy["basic"] { return ["scheme": "Basic", "parameter": userAndPassword(basic)] }
        if policy["digest"] != nil { return ["scheme": "Digest", "parameter": .null] }
        if policy["oauth2"] != nil || policy["oidc"] != nil { return ["scheme": "Bearer", "parameter": .null] }
        return .null
    }

    private static func userAndPassword(_ basic: JSONValue) -> JSONValue {
        let parts = [basic["username"]?.stringValue, basic["password"]?.stringValue]
        guard parts.allSatisfy({ $0.map { !SecretMarker.isIn($0) } ?? false }) else { return .null }
        return (try? encoding?.first(basic)) ?? .null
    }

    private static let encoding = try? JQProgram(#""\(.username):\(.password)" | @base64"#)
}

extension ValueTemplate {
    /// The policy of a call's arguments: `endpoint.authentication`, or `authentication` of calls that have it there.
    fileprivate var authentication: ValueTemplate? {
        self["authentication"] ?? self["endpoint"]?["authentication"]
    }
}
