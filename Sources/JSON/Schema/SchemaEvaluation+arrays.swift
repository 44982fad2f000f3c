extension SchemaEvaluation {
    func checkArray(
        _ keyword: Keyword, _ index: Int, _ elements: [JSONValue], _ marks: inout EvaluatedMarks
    ) -> Bool? {
        switch keyword {
        case .maxItems(let limit):
            let count = elements.count
            return require(count <= limit, "maxItems", SchemaMessage.maxItems(subject(index), limit, count))
        case .minItems(let limit):
            let count = elements.count
            return require(count >= limit, "minItems", SchemaMessage.minItems(subject(index), limit, count))
        case .uniqueItems: return checkUnique(index, elements)
        case .elements(let prefix, let rest): return checkElements(prefix, rest, index, elements, &marks)
        case .contains(let rule): return checkContains(rule, index, elements, &marks)
        case .unevaluatedItems(let node): return checkUnevaluated(node, index, elements, &marks)
        default: return nil
        }
    }

    private func checkUnique(_ index: Int, _ elements: [JSONValue]) -> Bool {
        spend(elements.count)
        var placeOfValue: [JSONValue: Int] = [:]
        placeOfValue.reserveCapacity(elements.count)
        for (place, element) in elements.enumerated() {
            guard let first = placeOfValue.updateValue(place, forKey: element) else { continue }
            report("uniqueItems", SchemaMessage.unique(subject(index), first, place))
            return false
        }
        return true
    }

    private func checkElements(
        _ prefix: [Int], _ rest: Int?, _ index: Int, _ elements: [JSONValue], _ marks: inout EvaluatedMarks
    ) -> Bool {
        var isValid = true
        for (place, element) in elements.enumerated() {
            let isHolding: Bool
            if place < prefix.count {
                isHolding = applyToChild(prefix[place], element, at: .index(place), "prefixItems", .index(place))
            } else if let rest {
                if program.nodes[rest].constant == false {
                    report(unexpected: .index(place), "items", SchemaMessage.tooMany(subject(index), prefix.count))
                    isHolding = false
                } else {
                    isHolding = applyToChild(rest, element, at: .index(place), "items")
                }
            } else {
                break
            }
            if !isHolding { isValid = false }
            if !isValid, !isReporting || isExhausted { return false }
            marks.mark(place, of: elements.count)
        }
        return isValid
    }

    private func checkContains(
        _ rule: SchemaProgram.ContainsRule, _ index: Int, _ elements: [JSONValue], _ marks: inout EvaluatedMarks
    ) -> Bool {
        var count = 0
        for (place, element) in elements.enumerated() {
            var inner = EvaluatedMarks(isWanted: false)
            if holds(rule.node, element, &inner) {
                count += 1
                marks.mark(place, of: elements.count)
            }
            if isExhausted { return false }
            if !marks.isWanted, rule.maximum == nil, count >= rule.minimum { return true }
        }
        if count < rule.minimum {
            let message = SchemaMessage.tooFewMatches(subject(index), rule.minimum, subject(rule.node))
            report(rule.minimum == 1 ? "contains" : "minContains", message)
            return false
        }
        if let maximum = rule.maximum, count > maximum {
            report("maxContains", SchemaMessage.tooManyMatches(subject(index), maximum, subject(rule.node)))
            return false
        }
        return true
    }

    private func checkUnevaluated(
        _ node: Int, _ index: Int, _ elements: [JSONValue], _ marks: inout EvaluatedMarks
    ) -> Bool {
        var isValid = true
        for (place, element) in elements.enumerated() where !marks.isMarked(place) {
            if program.nodes[node].constant == false {
                report(unexpected: .index(place), "unevaluatedItems", SchemaMessage.unexpectedElement(subject(index)))
                isValid = false
            } else if !applyToChild(node, element, at: .index(place), "unevaluatedItems") {
                isValid = false
            }
            if !isValid, !isReporting || isExhausted { return false }
        }
        marks.markAll()
        return isValid
    }
}
