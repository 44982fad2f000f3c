extension SchemaEvaluation {
    func checkObject(
        _ keyword: Keyword, _ index: Int, _ value: JSONValue, _ object: JSONObject, _ marks: inout EvaluatedMarks
    ) -> Bool? {
        switch keyword {
        case .maxProperties(let limit):
            return require(
                object.count <= limit, "maxProperties", SchemaMessage.maxProperties(subject(index), limit, object.count)
            )
        case .minProperties(let limit):
            return require(
                object.count >= limit, "minProperties", SchemaMessage.minProperties(subject(index), limit, object.count)
            )
        case .required(let names): return checkRequired(names, index, object)
        case .dependentRequired(let lists): return checkDependent(lists, index, object)
        case .members(let rules): return checkMembers(rules, index, object, &marks)
        case .propertyNames(let node): return checkNames(node, index, object)
        case .dependentSchemas(let schemas, let isLegacy):
            var isValid = true
            for (key, node) in schemas where object.contains(key: key) {
                let keyword: StaticString = isLegacy ? "dependencies" : "dependentSchemas"
                if !applyInPlace(node, value, &marks, keyword, .key(key)) { isValid = false }
                if !isValid, !isReporting || isExhausted { return false }
            }
            return isValid
        case .unevaluatedProperties(let node): return checkUnevaluated(node, index, object, &marks)
        default: return nil
        }
    }

    private func checkRequired(_ names: [String], _ index: Int, _ object: JSONObject) -> Bool {
        var isValid = true
        for name in names where !object.contains(key: name) {
            isValid = false
            if !isReporting { return false }
            report("required", SchemaMessage.required(label(name, of: index)))
        }
        return isValid
    }

    private func checkDependent(
        _ lists: [(key: String, needed: [String])], _ index: Int, _ object: JSONObject
    ) -> Bool {
        var isValid = true
        for (key, needed) in lists where object.contains(key: key) {
            for name in needed where !object.contains(key: name) {
                isValid = false
                if !isReporting { return false }
                report("dependentRequired", SchemaMessage.dependent(label(name, of: index), label(key, of: index)))
            }
        }
        return isValid
    }

    private func checkMembers(
        _ rules: SchemaProgram.MemberRules, _ index: Int, _ object: JSONObject, _ marks: inout EvaluatedMarks
    ) -> Bool {
        var isValid = true
        for (place, member) in object.members.enumerated() {
            var isCovered = false
            if let known = rules.properties.position(of: member.key) {
                isCovered = true
                let node = rules.propertyNodes[known]
                if !applyToChild(node, member.value, at: .key(member.key), "properties", .key(member.key)) {
                    isValid = false
                }
            }
            for (pattern, node) in rules.patterns where matches(pattern, member.key) {
                isCovered = true
                let isHolding = applyToChild(
                    node, member.value, at: .key(member.key), "patternProperties", .key(pattern.source))
                if !isHolding { isValid = false }
            }
            if !isCovered, let additional = rules.additional {
                isCovered = true
                if !checkExtra(additional, "additionalProperties", member, index) { isValid = false }
            }
            if isExhausted || (!isValid && !isReporting) { return false }
            if isCovered { marks.mark(place, of: object.count) }
        }
        return isValid
    }

    /// A member that no `properties` names.
    private func checkExtra(
        _ node: Int, _ keyword: StaticString, _ member: JSONObject.Member, _ index: Int
    ) -> Bool {
        if program.nodes[node].constant == false {
            report(unexpected: .key(member.key), keyword, SchemaMessage.unexpected(member.key, knownKeys(of: index)))
            return false
        }
        return applyToChild(node, member.value, at: .key(member.key), keyword)
    }

    private func checkNames(_ node: Int, _ index: Int, _ object: JSONObject) -> Bool {
        var isValid = true
        for key in object.members.lazy.map(\.key) {
            var marks = EvaluatedMarks(isWanted: false)
            if holds(node, .string(key), &marks) { continue }
            isValid = false
            if !isReporting || isExhausted { return false }
            let complaint = complaints(of: node, .string(key), "propertyNames", .key(key))?.first?.message
            report("propertyNames", SchemaMessage.badName(subject(index), key, complaint))
        }
        return isValid
    }

    private func checkUnevaluated(
        _ node: Int, _ index: Int, _ object: JSONObject, _ marks: inout EvaluatedMarks
    ) -> Bool {
        var isValid = true
        for (place, member) in object.members.enumerated() where !marks.isMarked(place) {
            if !checkExtra(node, "unevaluatedProperties", member, index) { isValid = false }
            if !isValid, !isReporting || isExhausted { return false }
        }
        marks.markAll()
        return isValid
    }

    /// The title of a property when its schema has one, otherwise its key.
    private func label(_ key: String, of index: Int) -> String {
        for case .members(let rules) in program.nodes[index].keywords {
            guard let place = rules.properties.position(of: key) else { continue }
            if let title = program.nodes[rules.propertyNodes[place]].title { return title }
        }
        return key
    }

    private func knownKeys(of index: Int) -> [String] {
        for case .members(let rules) in program.nodes[index].keywords { return rules.properties.keys }
        return []
    }
}
