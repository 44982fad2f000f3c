extension SchemaEvaluation {
    /// The keywords that apply other schemas to the value itself.
    func checkInPlace(
        _ keyword: Keyword, _ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks
    ) -> Bool {
        switch keyword {
        case .reference(let node): return applyInPlace(node, value, &marks, "$ref")
        case .dynamicReference(let node, let anchor):
            return applyInPlace(dynamicTarget(node, anchor: anchor), value, &marks, "$dynamicRef")
        case .allOf(let nodes):
            var isValid = true
            for (place, node) in nodes.enumerated() {
                if !applyInPlace(node, value, &marks, "allOf", .index(place)) { isValid = false }
                if !isValid, !isReporting || isExhausted { return false }
            }
            return isValid
        case .anyOf(let nodes): return checkAnyOf(nodes, index, value, &marks)
        case .oneOf(let nodes): return checkOneOf(nodes, index, value, &marks)
        case .not(let node):
            var inner = EvaluatedMarks(isWanted: false)
            return require(!holds(node, value, &inner), "not", SchemaMessage.not(subject(index), subject(node)))
        case .condition(let test, let then, let otherwise):
            return checkCondition(test, then, otherwise, value, &marks)
        default: return true  // it asks nothing of a value of this type
        }
    }

    private func checkCondition(
        _ test: Int, _ then: Int?, _ otherwise: Int?, _ value: JSONValue, _ marks: inout EvaluatedMarks
    ) -> Bool {
        var inner = EvaluatedMarks(isWanted: marks.isWanted)
        if holds(test, value, &inner) {
            marks.merge(inner)
            return then.map { applyInPlace($0, value, &marks, "then") } ?? true
        }
        if isExhausted { return false }
        return otherwise.map { applyInPlace($0, value, &marks, "else") } ?? true
    }

    private func checkAnyOf(
        _ nodes: [Int], _ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks
    ) -> Bool {
        var isValid = false
        for node in nodes {
            var inner = EvaluatedMarks(isWanted: marks.isWanted)
            if holds(node, value, &inner) {
                isValid = true
                marks.merge(inner)
                if !marks.isWanted { return true }
            }
            if isExhausted { return false }
        }
        if !isValid { reportAlternatives(nodes, index, value, "anyOf") }
        return isValid
    }

    private func checkOneOf(
        _ nodes: [Int], _ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks
    ) -> Bool {
        var fitting: [Int] = []
        for node in nodes {
            var inner = EvaluatedMarks(isWanted: marks.isWanted)
            if holds(node, value, &inner) {
                fitting.append(node)
                if fitting.count == 1 { marks.merge(inner) }
                if fitting.count == 2, !isReporting { return false }
            }
            if isExhausted { return false }
        }
        if fitting.isEmpty { reportAlternatives(nodes, index, value, "oneOf") }
        if fitting.count > 1 {
            report("oneOf", SchemaMessage.ambiguous(subject(index), fitting.map { subject($0) }))
        }
        return fitting.count == 1
    }

    /// None of the alternatives fits. Where one of them is clearly meant, because it alone has the right type and fixed
    /// values, its own complaints help most.
    private func reportAlternatives(_ nodes: [Int], _ index: Int, _ value: JSONValue, _ keyword: StaticString) {
        guard isReporting else { return }
        var meant: [[JSONSchemaViolation]] = []
        for (place, node) in nodes.enumerated() {
            guard let complaints = complaints(of: node, value, keyword, .index(place)) else { break }
            if isExhausted { break }
            let isOther = complaints.contains { violation in
                violation.keyword == "const" || (isAboutThisValue(violation) && isDecisive(violation.keyword))
            }
            if !isOther, !complaints.isEmpty { meant.append(complaints) }
        }
        if meant.count == 1 {
            adopt(meant[0])
        } else {
            report(keyword, SchemaMessage.noAlternative(subject(index), nodes.map { subject($0) }))
        }
    }

    private func isDecisive(_ keyword: String) -> Bool {
        ["type", "enum", "required", "not"].contains(keyword)
    }
}
