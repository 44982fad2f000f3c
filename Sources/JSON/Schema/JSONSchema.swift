/// A JSON Schema of the 2020-12 dialect, compiled once and then used for any number of values, from any thread.
///
/// A reference leads only to the schema itself, to the metaschemas, and to documents of the table given here: nothing is
/// ever fetched. What a hostile schema or value can cost is bounded by ``maximumSteps`` and ``maximumNesting``.
public struct JSONSchema: Sendable {
    let program: SchemaProgram

    /// How many applications of a schema to a part of the value one validation may take. A search of a regular
    /// expression counts as many. Going over is a violation, not a success.
    public var maximumSteps = 2_000_000

    /// How deep applications may be nested in each other. Each takes up to 1.3 KiB of the thread's stack, so that the
    /// default is safe on a stack of 512 KiB.
    public var maximumNesting = 256

    /// - Parameters:
    ///   - schema: the schema, an object or a boolean.
    ///   - resources: documents that references may lead to, by their absolute URI without a fragment.
    ///   - formatAssertion: whether `format` is checked even if the schema's dialect only annotates with it.
    /// - Throws: everything that is wrong with the schema, at once.
    public init(
        _ schema: JSONValue, resources: [String: JSONValue] = [:], formatAssertion: Bool = false
    ) throws(JSONSchemaError) {
        program = try SchemaCompiler.compile(schema, resources: resources, formatAssertion: formatAssertion)
    }

    /// Whether the value fits, without saying why not.
    public func accepts(_ value: JSONValue) -> Bool {
        let evaluation = SchemaEvaluation(program, self, isReporting: false)
        return evaluation.run(value)
    }

    /// All violations; empty when the value fits.
    public func validate(_ value: JSONValue) -> [JSONSchemaViolation] {
        var steps = 0
        return validate(value, addingTo: &steps)
    }

    /// The same; adds the steps that it took to `steps`.
    public func validate(_ value: JSONValue, addingTo steps: inout Int) -> [JSONSchemaViolation] {
        let look = SchemaEvaluation(program, self, isReporting: false)
        let isValid = look.run(value)
        steps += maximumSteps - max(0, look.stepsLeft)
        if isValid { return [] }
        let evaluation = SchemaEvaluation(program, self, isReporting: true)
        _ = evaluation.run(value)
        steps += maximumSteps - max(0, evaluation.stepsLeft)
        return evaluation.violations
    }
}
