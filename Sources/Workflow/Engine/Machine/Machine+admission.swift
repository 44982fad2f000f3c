import JSON
import Primitives

/// What comes from outside must not pass for a secret's marker: it would be given the value at the next call.
extension Machine {
    /// The value with every marker in it made plain text. Values of definitions without secrets are not looked through.
    func admitted(_ value: JSONValue) -> JSONValue {
        engine.definition.secrets.isEmpty ? value : Self.defused(value)
    }

    func admitted(_ error: WorkflowError) -> WorkflowError {
        guard !engine.definition.secrets.isEmpty else { return error }
        var error = error
        error.type = Self.defused(error.type)
        error.title = error.title.map(Self.defused)
        error.detail = error.detail.map(Self.defused)
        return error
    }

    private static func defused(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number: return value
        case .string(let text): return SecretMarker.isIn(text) ? .string(defused(text)) : value
        case .array(let items): return .array(items.map(defused))
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[defused(key)] = defused(value) }
            return .object(result)
        }
    }

    private static func defused(_ text: String) -> String {
        guard SecretMarker.isIn(text) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == "⟦" ? "[" : scalar) }
        return String(scalars)
    }
}
