extension JSONSchema {
    /// The value with every absent property filled in that has a `default`: in objects and in the elements of arrays,
    /// through `$ref` and `allOf`. Schemas that may or may not apply (`anyOf`, `if` and the like) fill in nothing. The
    /// result is not validated.
    public func applyingDefaults(to value: JSONValue) -> JSONValue {
        var filling = DefaultFilling(program: program, stepsLeft: maximumSteps)
        return filling.fill(value, node: 0, nestingLeft: maximumNesting)
    }
}

private struct DefaultFilling {
    let program: SchemaProgram
    var stepsLeft: Int

    /// Beyond the limits a value is given back as it is.
    mutating func fill(_ value: JSONValue, node: Int, nestingLeft: Int) -> JSONValue {
        stepsLeft -= 1
        if stepsLeft < 0 || nestingLeft < 0 { return value }
        var filled = value
        for keyword in program.nodes[node].keywords {
            switch keyword {
            case .reference(let target), .dynamicReference(let target, _):
                filled = fill(filled, node: target, nestingLeft: nestingLeft - 1)
            case .allOf(let targets):
                for target in targets { filled = fill(filled, node: target, nestingLeft: nestingLeft - 1) }
            case .members(let rules): filled = fillMembers(filled, rules, nestingLeft)
            case .elements(let prefix, let rest): filled = fillElements(filled, prefix, rest, nestingLeft)
            default: break
            }
        }
        return filled
    }

    private mutating func fillMembers(
        _ value: JSONValue, _ rules: SchemaProgram.MemberRules, _ nestingLeft: Int
    ) -> JSONValue {
        guard case .object(var object) = value else { return value }
        for (place, node) in rules.propertyNodes.enumerated() {
            let key = rules.properties[place].key
            guard let present = object[key] ?? defaultValue(of: node) else { continue }
            object[key] = fill(present, node: node, nestingLeft: nestingLeft - 1)
        }
        return .object(object)
    }

    private mutating func fillElements(
        _ value: JSONValue, _ prefix: [Int], _ rest: Int?, _ nestingLeft: Int
    ) -> JSONValue {
        guard case .array(var elements) = value else { return value }
        for place in elements.indices {
            guard let node = place < prefix.count ? prefix[place] : rest else { break }
            elements[place] = fill(elements[place], node: node, nestingLeft: nestingLeft - 1)
        }
        return .array(elements)
    }

    /// The schema's own default, or that of what it refers to.
    private func defaultValue(of node: Int) -> JSONValue? {
        var open = [node]
        var seen: Set<Int> = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if let value = program.nodes[next].defaultValue { return value }
            for case .reference(let target) in program.nodes[next].keywords { open.append(target) }
        }
        return nil
    }
}
