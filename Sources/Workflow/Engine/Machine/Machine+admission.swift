import JSON
import Primitives

/// What comes from outside must not pass for a secret's marker: it would be given the value at the next call.
extension Machine {
    /// The value with every marker in it made plain text. Values of definitions without secrets are not looked through.
    func admitted(_ value: JSONValue) -> JSONValue {
        engine.definition.secrets.isEmpty ? value : Self.mapTexts(of: value, Self.defused)
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
        state.secretNonce.isEmpty ? value : Self.mapTexts(of: value, shown)
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
        error.title = error.title.map(shown)
        error.detail = error.detail.map(shown)
        return error
    }

    private func shown(_ text: String) -> String { text.replacing(state.secretNonce, with: "") }

    /// The value with each of its texts changed, keys too.
    private static func mapTexts(of value: JSONValue, _ change: (String) -> String) -> JSONValue {
        switch value {
        case .null, .bool, .number: return value
        case .string(let text): return .string(change(text))
        case .array(let items): return .array(items.map { mapTexts(of: $0, change) })
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[change(key)] = mapTexts(of: value, change) }
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
