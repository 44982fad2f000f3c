public import JSON

/// Why an evaluation gave no (more) results.
public enum JQError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What an evaluation may use, see ``JQBudget``.
    public enum Budget: String, Sendable, Hashable {
        case steps, depth, nesting, outputs, memory
    }

    /// The program raised this value, with `error(…)` or by doing what a value's type does not allow.
    case raised(JSONValue)
    /// The evaluation used more than it was given. The program cannot catch this.
    case budget(Budget)

    /// The message for people: the text that was raised, or what was used up.
    public var description: String {
        switch self {
        case .raised(.string(let message)): message
        case .raised(.object(let object)) where object["message"]?.stringValue != nil:
            object["message"]?.stringValue ?? ""
        case .raised(let value): "\(value.serialized()) (not a string)"
        case .budget(let budget):
            switch budget {
            case .steps: "the expression took more steps than it may"
            case .depth: "the expression called functions more deeply than it may"
            case .nesting: "the expression built a value that is nested more deeply than it may"
            case .outputs: "the expression gave more results than it may"
            case .memory: "the expression used more memory than it may"
            }
        }
    }
}
