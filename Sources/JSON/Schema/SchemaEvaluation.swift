/// One validation of one value; used by one thread and thrown away. Without reporting it stops at the first violation and keeps no paths; with it, it goes on
/// and says where and why.
final class SchemaEvaluation {
    typealias Node = SchemaProgram.Node
    typealias Keyword = SchemaProgram.Keyword

    enum Step {
        case key(String)
        case index(Int)

        var token: String {
            switch self {
            case .key(let key): key
            case .index(let index): String(index)
            }
        }
    }

    let program: SchemaProgram
    private(set) var isReporting: Bool
    private(set) var violations: [JSONSchemaViolation] = []
    private(set) var stepsLeft: Int
    private var nestingLeft: Int
    private(set) var isExhausted = false
    /// The resources that were entered on the way here, for `$dynamicRef`.
    private var scope: [Int] = []
    private var instancePath: [Step] = []
    private var schemaPath: [Step] = []
    private var alternativesDepth = 0
    private static let maximumAlternativesDepth = 4

    init(_ program: SchemaProgram, _ schema: JSONSchema, isReporting: Bool) {
        self.program = program
        self.isReporting = isReporting
        stepsLeft = schema.maximumSteps
        nestingLeft = schema.maximumNesting
    }

    func run(_ value: JSONValue) -> Bool {
        var marks = EvaluatedMarks(isWanted: false)
        let isValid = apply(0, value, &marks)
        if isExhausted, violations.isEmpty {
            violations = [
                JSONSchemaViolation(
                    instancePath: .root, schemaPath: .root, keyword: "",
                    message: "This cannot be checked, because it or its schema is too complex.")
            ]
        }
        return isValid && !isExhausted
    }

    /// Applies a schema to a value. Adds to `marks` what it looked at; they mean nothing when the answer is false.
    func apply(_ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks) -> Bool {
        spend(1)
        if isExhausted { return false }
        if let constant = program.nodes[index].constant {
            if !constant { report("false", SchemaMessage.nothingAllowed(subject(index))) }
            return constant
        }
        let resource = program.nodes[index].resource
        let isEntered = scope.last != resource
        if isEntered { scope.append(resource) }
        nestingLeft -= 1
        defer {
            nestingLeft += 1
            if isEntered { scope.removeLast() }
        }
        if nestingLeft < 0 {
            isExhausted = true
            return false
        }
        if program.nodes[index].asksForEvaluated {
            // It sees what it and its own parts have looked at, not what the schemas around it have.
            var own = EvaluatedMarks(isWanted: true)
            let isValid = applyKeywords(index, value, &own)
            marks.merge(own)
            return isValid
        }
        return applyKeywords(index, value, &marks)
    }

    private func applyKeywords(_ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks) -> Bool {
        var isValid = true
        for keyword in program.nodes[index].keywords {
            switch keyword {
            case .unevaluatedItems, .unevaluatedProperties:
                // What a schema that failed has looked at does not count; complaining about it would only confuse.
                if !isValid { continue }
            default: break
            }
            if !check(keyword, index, value, &marks) {
                isValid = false
                if !isReporting || isExhausted { return false }
            }
        }
        return isValid
    }

    func spend(_ steps: Int) {
        stepsLeft = stepsLeft &- min(steps, stepsLeft &+ 1)
        if stepsLeft < 0 { isExhausted = true }
    }

    func subject(_ index: Int) -> SchemaSubject { SchemaSubject(program.nodes[index]) }

    /// The schema that a dynamic reference means now: the outermost one of that name on the way here.
    func dynamicTarget(_ fallback: Int, anchor: String) -> Int {
        for resource in scope {
            if let node = program.dynamicAnchors[resource][anchor] { return node }
        }
        return fallback
    }
}

extension SchemaEvaluation {
    /// Applies a schema to the same value, under a keyword.
    func applyInPlace(
        _ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks, _ keyword: StaticString, _ step: Step? = nil
    ) -> Bool {
        guard isReporting else { return apply(index, value, &marks) }
        let depth = schemaPath.count
        schemaPath.append(.key(keyword.description))
        if let step { schemaPath.append(step) }
        defer { schemaPath.removeLast(schemaPath.count - depth) }
        return apply(index, value, &marks)
    }

    /// Applies a schema to a part of the value, under a keyword.
    func applyToChild(
        _ index: Int, _ child: JSONValue, at place: @autoclosure () -> Step, _ keyword: StaticString,
        _ step: @autoclosure () -> Step? = nil
    ) -> Bool {
        var marks = EvaluatedMarks(isWanted: false)
        guard isReporting else { return apply(index, child, &marks) }
        let depth = schemaPath.count
        schemaPath.append(.key(keyword.description))
        if let step = step() { schemaPath.append(step) }
        instancePath.append(place())
        defer {
            schemaPath.removeLast(schemaPath.count - depth)
            instancePath.removeLast()
        }
        return apply(index, child, &marks)
    }

    /// Tries a schema on the same value without reporting anything.
    func holds(_ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks) -> Bool {
        let wasReporting = isReporting
        isReporting = false
        defer { isReporting = wasReporting }
        return apply(index, value, &marks)
    }

    /// What one of several alternatives would complain about; nil below a few levels of alternatives, because every
    /// level doubles the work.
    func complaints(
        of index: Int, _ value: JSONValue, _ keyword: StaticString, _ step: Step
    ) -> [JSONSchemaViolation]? {
        if alternativesDepth == Self.maximumAlternativesDepth { return nil }
        let kept = violations
        violations = []
        alternativesDepth += 1
        defer {
            violations = kept
            alternativesDepth -= 1
        }
        var marks = EvaluatedMarks(isWanted: false)
        _ = applyInPlace(index, value, &marks, keyword, step)
        return violations
    }

    func adopt(_ complaints: [JSONSchemaViolation]) { violations += complaints }

    /// Whether a violation is about the value that is being checked itself, not about a part of it.
    func isAboutThisValue(_ violation: JSONSchemaViolation) -> Bool {
        violation.instancePath.tokens.count == instancePath.count
    }

    /// Notes a violation of the schema that is being applied.
    /// - Parameter keyword: added to the schema's path, but for `false`, which is no keyword.
    func report(_ keyword: StaticString, _ message: @autoclosure () -> String) {
        guard isReporting, !isExhausted else { return }  // an unfinished check has nothing true to say
        var path = schemaPath.map(\.token)
        var name = keyword.description
        if name == "false" {
            name = path.last ?? "false"
        } else {
            path.append(name)
        }
        violations.append(
            JSONSchemaViolation(
                instancePath: JSONPointer(instancePath.map(\.token)), schemaPath: JSONPointer(path), keyword: name,
                message: message()))
    }

    /// Notes that a part of the value must not be there at all.
    func report(
        unexpected place: @autoclosure () -> Step, _ keyword: StaticString, _ message: @autoclosure () -> String
    ) {
        guard isReporting else { return }
        instancePath.append(place())
        report(keyword, message())
        instancePath.removeLast()
    }
}
