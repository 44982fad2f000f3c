import JSON
import Primitives

/// Puts the secrets of one call in the place of their markers, and knows afterwards what must not be shown.
struct SecretResolution {
    let runID: String
    let source: any SecretSource
    /// Everything that was put in, and what was derived from it.
    private(set) var shown = Redaction()

    init(runID: String, source: any SecretSource) {
        self.runID = runID
        self.source = source
    }

    /// The same value with the secrets in its texts. Keys of objects are left as they are.
    mutating func resolve(_ value: JSONValue) throws(CallFailure) -> JSONValue {
        switch value {
        case .string(let text): return SecretMarker.isIn(text) ? .string(try resolve(text)) : value
        case .array(let elements):
            var resolved: [JSONValue] = []
            resolved.reserveCapacity(elements.count)
            for element in elements { resolved.append(try resolve(element)) }
            return .array(resolved)
        case .object(let object):
            var resolved = object
            for (key, member) in object { resolved[key] = try resolve(member) }
            return .object(resolved)
        default: return value
        }
    }

    /// The secret that a policy takes its settings from: `{basic: {use: name}}`.
    mutating func settings(_ name: String) throws(CallFailure) -> JSONValue {
        let value = try secret(name)
        shown.add(value)
        return value
    }

    /// Remembers a text that was made out of secrets.
    mutating func hide(_ text: String) { shown.add(text) }

    private mutating func resolve(_ text: String) throws(CallFailure) -> String {
        var result = ""
        for piece in SecretMarker.pieces(of: text) {
            switch piece {
            case .text(let text): result += text
            case .marker(let marker) where marker.runID == runID:
                let value = try self.text(of: marker)
                shown.add(value)
                result += value
            case .marker(let marker): result += marker.text
            }
        }
        return result
    }

    private func text(of marker: SecretMarker) throws(CallFailure) -> String {
        var value = try secret(marker.name)
        if let member = marker.member {
            guard let found = value[member] else {
                throw CallFailure(
                    .authorization, status: 403, "the secret \(marker.name) has no member `\(member)`")
            }
            value = found
        }
        return value.plainText ?? value.serialized()
    }

    private func secret(_ name: String) throws(CallFailure) -> JSONValue {
        guard let secret = source.secret(name) else {
            throw CallFailure(
                .authorization, status: 403, "there is no secret \(name). Give the plant a credential of this name.")
        }
        return secret.reveal()
    }
}
