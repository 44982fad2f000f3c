import JSON

/// A builtin in Swift: takes dot and its arguments, gives one value or throws.
enum Native: Sendable {
    typealias Function0 = @Sendable (consuming JSONValue, inout Meter) throws(Fault) -> JSONValue
    typealias Function1 = @Sendable (consuming JSONValue, JSONValue, inout Meter) throws(Fault) -> JSONValue
    typealias Function2 = @Sendable (consuming JSONValue, JSONValue, JSONValue, inout Meter) throws(Fault) -> JSONValue
    typealias Function3 =
        @Sendable (consuming JSONValue, JSONValue, JSONValue, JSONValue, inout Meter) throws(Fault) -> JSONValue

    case zero(Function0)
    case one(Function1)
    case two(Function2)
    case three(Function3)

    /// A builtin's result is nested at most this much more than its input and arguments, unless it checks by itself
    /// (`fromjson`, `setpath`).
    static let addedDepth: Int32 = 4

    var arity: Int {
        switch self {
        case .zero: 0
        case .one: 1
        case .two: 2
        case .three: 3
        }
    }

    /// By name and arity, as in `split/2`.
    static let table: [String: Native] = {
        var table: [String: Native] = [:]
        for group in [generalBuiltins, arrayBuiltins, stringBuiltins, mathBuiltins, regexBuiltins, dateBuiltins] {
            for (name, native) in group {
                let replaced = table.updateValue(native, forKey: "\(name)/\(native.arity)")
                precondition(replaced == nil, "\(name) is there twice")
            }
        }
        return table
    }()
}
