import JQ
import JSON
import Workflow
import YAML

/// One hostile input, given to what it is for.
struct FuzzTrial {
    enum Outcome: Equatable {
        case accepted, refused
        /// Something did not hold; in words.
        case broken(String)
    }

    let target: FuzzTarget

    func run(_ input: [UInt8]) -> Outcome {
        switch target {
        case .json: Self.json(input)
        case .schema: Self.schema(input)
        case .jq: Self.jq(input)
        case .yaml: Self.yaml(input)
        case .workflow: Self.workflow(input)
        }
    }

    /// What was read is written and read again, in every style, and is the same; read as a sequence it is one value.
    private static func json(_ input: [UInt8]) -> Outcome {
        let sequence = Result { try readSequence(input) }
        guard let value = try? JSONValue(parsing: input) else { return .refused }
        for style in [JSONStyle.compact, .pretty, .canonical] {
            guard let again = try? JSONValue(parsing: value.serializedBytes(style)) else {
                return .broken("written \(style) it cannot be read again")
            }
            if again != value || again.hashValue != value.hashValue {
                return .broken("written \(style) it is another value")
            }
        }
        guard case .success(let values) = sequence, values == [value] else {
            return .broken("as a sequence it is not one value")
        }
        return .accepted
    }

    private static func readSequence(_ input: [UInt8]) throws -> [JSONValue] {
        var sequence = try JSONSequence(input)
        var values: [JSONValue] = []
        while let value = try sequence.next() { values.append(value) }
        return values
    }

    private static let values: [JSONValue] = [
        .null, true, 1, 2.5, "a", "2026-03-14", [], [1], [1, [1, "a"], .null], [:], ["a": "x", "b": .null],
        ["abc!": 0.03, "b": []], ["a": ["a": ["a": 1]]], ["lot": "LOT-2000", "hardness": 41.5],
    ]

    /// Both ways to ask for a verdict agree.
    private static func schema(_ input: [UInt8]) -> Outcome {
        guard let document = try? JSONValue(parsing: input),
            var schema = try? JSONSchema(document, formatAssertion: input.count.isMultiple(of: 2))
        else { return .refused }
        schema.maximumSteps = 5_000
        for value in values {
            if schema.accepts(value) != schema.validate(value).isEmpty { return .broken("two verdicts on \(value)") }
            _ = schema.applyingDefaults(to: value)
        }
        return .accepted
    }

    private static let jqBudget = JQBudget(
        steps: 4_000, depth: 200, outputs: 50, memoryBytes: 1 << 18, now: 1_700_000_000)
    private static let jqInputs: [JSONValue] = [
        .null, ["a": [1, "x", ["b": .null]], "text": "P-101 ok; ü", "n": -2.5, "time": "2026-03-02T06:41:17Z"],
    ]

    /// The same program on the same input ends in the same way.
    private static func jq(_ input: [UInt8]) -> Outcome {
        guard let program = try? JQProgram(String(decoding: input, as: UTF8.self), variables: ["x"]) else {
            return .refused
        }
        for value in jqInputs {
            let ends = (0..<2).map { _ in end(program, value) }
            if ends[0] != ends[1] { return .broken("two ends on \(value): \(ends[0]) and \(ends[1])") }
        }
        return .accepted
    }

    private static func end(_ program: JQProgram, _ value: JSONValue) -> String {
        do throws(JQError) {
            let results = try program.evaluate(value, variables: [[1, 2]], budget: jqBudget)
            return "\(results.map { $0.serialized() })"
        } catch {
            return "\(error)"
        }
    }

    /// What was read can be written as JSON and read again; its places can be asked for.
    private static func yaml(_ input: [UInt8]) -> Outcome {
        guard let document = try? YAMLDocument(parsing: input) else { return .refused }
        var limits = JSONLimits.default
        limits.maximumDepth = JSONLimits.deepestNesting
        limits.maximumNumberBytes = FuzzMutator.longestInput
        guard let again = try? JSONValue(parsing: document.value.serializedBytes(), limits: limits) else {
            return .broken("written as JSON it cannot be read again")
        }
        if again != document.value { return .broken("written as JSON it is another value") }
        let place = document.location(of: "/do/0/nosuch/thing")
        return place.line >= 1 && place.column >= 1 ? .accepted : .broken("a place before the text")
    }

    /// A definition is decoded or refused with reasons; what is refused says where.
    private static func workflow(_ input: [UInt8]) -> Outcome {
        guard let document = try? YAMLDocument(parsing: input) else { return .refused }
        let decoded = DefinitionDecoder.decode(document.value)
        if decoded.definition != nil { return .accepted }
        return decoded.errors.isEmpty ? .broken("refused without a reason") : .refused
    }
}
