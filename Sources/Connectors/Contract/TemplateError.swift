import JQ
import JSON

/// A template or a mapping that could not be evaluated for one call. It hurts that call alone.
package struct TemplateError: Error, Sendable, CustomStringConvertible {
    /// `path`, `query.site`, `body`, `result`, …
    package var place: String
    package var message: String

    package init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    package var description: String { "\(place): \(message)" }
}

extension JQProgram {
    /// The first output of the program, `null` when there is none.
    func single(_ input: JSONValue, budget: JQBudget, place: String) throws(TemplateError) -> JSONValue {
        do {
            return try first(input, variables: [], budget: budget) ?? .null
        } catch {
            // What `error(…)` was raised with may hold arguments, which the journal shows anyway; it never holds a
            // credential, because no expression is given one.
            throw TemplateError(place: place, message: "the expression failed: \(error)")
        }
    }
}

extension JSONValue {
    /// A text as it is, a number or a boolean as it is written in JSON; `nil` for anything else.
    var plainText: String? {
        switch self {
        case .string(let text): text
        case .number, .bool: serialized()
        case .null, .array, .object: nil
        }
    }
}
