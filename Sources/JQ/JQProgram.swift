public import JSON

/// A compiled jq program. Compile once, evaluate as often as needed, from any thread.
///
/// The language is that of jq 1.8 without what reaches outside: modules, `input`, `debug`, the environment, the clock
/// (unless the budget gives a time), the machine's time zone (local time is UTC).
public struct JQProgram: Sendable {
    /// Longer programs are refused.
    public static let maximumBytes = 256 << 10

    private let code: Code
    /// The text that it was compiled from.
    public let source: String
    /// The variables that an evaluation must give, in this order.
    public let variables: [String]
    /// Those of them that the program uses.
    public let freeVariables: Set<String>

    /// - Parameter variables: the names, without `$`, of the variables that the program may use.
    public init(_ source: String, variables: [String] = []) throws(JQCompileError) {
        self.source = source
        self.variables = variables
        let bytes = Array(source.utf8)
        if bytes.count > Self.maximumBytes {
            throw JQCompileError(diagnostics: [
                .init(line: 1, column: 1, message: "the program is longer than \(Self.maximumBytes) bytes")
            ])
        }
        let program: Expression
        let map = SourceMap(bytes: bytes)
        do throws(SyntaxError) {
            var parser = try Parser(bytes)
            program = try parser.parseProgram()
        } catch {
            throw JQCompileError(diagnostics: [map.diagnostic(at: error.span, error.message)])
        }
        (code, freeVariables) = try Compiler.compile(program, source: map, variables: variables)
    }

    /// All results.
    ///
    /// - Parameter variables: one value for each name given at compilation, in the same order.
    public func evaluate(
        _ input: JSONValue, variables: [JSONValue] = [], budget: JQBudget = .default
    ) throws(JQError) -> [JSONValue] {
        var machine = start(input, variables, budget)
        while try machine.advance() { machine.results.append(machine.dot.pointee.value) }
        return machine.results
    }

    /// The first result; nil when there is none. What comes after it is not computed.
    public func first(
        _ input: JSONValue, variables: [JSONValue] = [], budget: JQBudget = .default
    ) throws(JQError) -> JSONValue? {
        var machine = start(input, variables, budget)
        guard try machine.advance() else { return nil }
        return machine.dot.pointee.value
    }

    /// The same; adds the steps that it took to `steps`, also when it fails.
    public func first(
        _ input: JSONValue, variables: [JSONValue] = [], budget: JQBudget = .default, addingTo steps: inout Int
    ) throws(JQError) -> JSONValue? {
        var machine = start(input, variables, budget)
        defer { steps += budget.steps - max(0, machine.meter.stepsLeft) }
        guard try machine.advance() else { return nil }
        return machine.dot.pointee.value
    }

    /// Hands over each result as soon as it is there, until the body says false.
    public func forEach(
        _ input: JSONValue, variables: [JSONValue] = [], budget: JQBudget = .default,
        _ body: (JSONValue) throws -> Bool
    ) throws {
        var machine = start(input, variables, budget)
        while try machine.advance() {
            if try !body(machine.dot.pointee.value) { return }
        }
    }

    private func start(_ input: JSONValue, _ values: [JSONValue], _ budget: JQBudget) -> Machine {
        precondition(values.count == variables.count, "one value for each variable of the program")
        return Machine(code: code, input: input, globals: values, budget: budget)
    }
}

extension Machine {
    /// Runs to the next result; false when there is none left.
    fileprivate mutating func advance() throws(JQError) -> Bool {
        do throws(Fault) {
            let address: Int32 = isStarted ? -1 : 0
            isStarted = true
            guard try run(from: address) else { return false }
            // A single result that nothing was built for is a part of the input, and need not be weighed.
            if meter.hasAllocated || hasOutput { Measure.take(dot.pointee.value, from: &outputBytesLeft) }
            outputsLeft -= 1
            hasOutput = true
            if outputsLeft < 0 || outputBytesLeft < 0 { throw .exhausted(.outputs) }
            return true
        } catch {
            switch error {
            case .raised(let value): throw .raised(value)
            case .exhausted(let budget): throw .budget(budget)
            }
        }
    }
}
