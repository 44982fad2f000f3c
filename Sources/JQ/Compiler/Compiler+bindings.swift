import JSON

extension Compiler {
    /// Code that takes the value on top, binds the patterns to it and goes on with the body, which sees the variables.
    ///
    /// With several patterns each is tried in turn: an error in it or in the body leads to the next.
    @inline(never)
    mutating func emitBinding(
        _ patterns: [Pattern], _ scope: Scope?, body: (inout Compiler, Scope?) -> Void
    ) {
        var inner = scope
        var slots: [String: Int32] = [:]
        for name in patterns.flatMap(\.variables) where slots[name] == nil {
            let slot = unit.newSlot()
            slots[name] = slot
            inner = Scope(.variable(name, unit, slot: slot), parent: inner)
        }
        if patterns.count == 1 {
            emitMatch(patterns[0], slots, scope)
            return body(&self, inner)
        }
        let attempt = unit.newSlot()
        var ends: [Int] = []
        for (position, pattern) in patterns.enumerated() {
            let isLast = position == patterns.count - 1
            var begin: Int?
            if !isLast {
                pick()
                begin = add(.beginTry, b: attempt)
            }
            for slot in slots.values.sorted() { add(.clear, a: slot) }
            emitMatch(pattern, slots, scope)
            if !isLast { add(.pop) }
            body(&self, inner)
            guard let begin else { break }
            add(.endTry, a: attempt)
            ends.append(add(.jump))
            patch(begin)
            add(.pop)
        }
        for end in ends { patch(end) }
    }

    /// Takes the value on top apart.
    @inline(never)
    private mutating func emitMatch(_ pattern: Pattern, _ slots: [String: Int32], _ scope: Scope?) {
        guard descend(pattern.span) else { return }
        switch pattern.kind {
        case .variable(let name): add(.store, a: slots[name] ?? 0)
        case .array(let elements):
            for (position, element) in elements.enumerated() {
                pick()
                add(.indexConstant, a: constant(JSONValue(position)))
                emitMatch(element, slots, scope)
            }
            add(.pop)
        case .object(let members):
            for member in members { emitMatch(member, slots, scope) }
            add(.pop)
        }
        ascend()
    }

    @inline(never)
    private mutating func emitMatch(_ member: Pattern.Member, _ slots: [String: Int32], _ scope: Scope?) {
        if let key = folded(member.key) {
            guard case .string = key else {
                return report(
                    member.key.span, "Cannot use \(ErrorText.full(key)) as object key: expected a string")
            }
            pick()
            add(.field, a: constant(key))
        } else {
            emitOperand(member.key, scope)
            pick(1)
            add(.index)
        }
        if let variable = member.variable {
            if member.pattern != nil { pick() }
            add(.store, a: slots[variable] ?? 0)
        }
        if let pattern = member.pattern { emitMatch(pattern, slots, scope) }
    }
}
