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

    /// What leaves the run without going into a call of its own: journal, events, people, other runs. Markers lose there what
    /// makes them valid, so that nobody who reads it can send one back.
    func shown(_ value: JSONValue) -> JSONValue {
        state.secretNonce.isEmpty ? value : without(state.secretNonce, value)
    }

    func show(_ advance: inout Advance) {
        advance.output = advance.output.map(shown)
        advance.error = advance.error.map(shown)
        advance.emitted = advance.emitted.map(shown)
        advance.lifecycle = advance.lifecycle.map(shown)
        for position in advance.journal.indices {
            advance.journal[position].input = advance.journal[position].input.map(shown)
            advance.journal[position].output = advance.journal[position].output.map(shown)
            advance.journal[position].detail = advance.journal[position].detail.map(shown)
            advance.journal[position].error = advance.journal[position].error.map(shown)
        }
    }

    private func shown(_ error: WorkflowError) -> WorkflowError {
        var error = error
        error.title = error.title?.replacing(state.secretNonce, with: "")
        error.detail = error.detail?.replacing(state.secretNonce, with: "")
        return error
    }

    private func without(_ nonce: String, _ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number: return value
        case .string(let text): return text.contains(nonce) ? .string(text.replacing(nonce, with: "")) : value
        case .array(let items): return .array(items.map { without(nonce, $0) })
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = without(nonce, value) }
            return .object(result)
        }
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
