import JSON

/// Builtins that are control structures: they have code of their own.
extension Compiler {
    static let specialNames = [
        "empty/0", "error/0", "path/1", "getpath/1", "select/1", "recurse/0", "range/2", "range/3", "limit/2", "skip/2",
        "first/1", "nth/2", "last/1", "isempty/1", "any/2", "all/2", "builtins/0",
    ]

    /// False when the name is none of these.
    @inline(never)
    mutating func emitSpecial(
        _ name: String, _ arguments: [Expression], _ span: Span, _ scope: Scope?, _ tracked: Bool
    ) -> Bool {
        switch (name, arguments.count) {
        case ("empty", 0): add(.backtrack)
        case ("error", 0): add(.raise)
        case ("recurse", 0): add(.recurse)
        case ("builtins", 0): addConstant(.array(Self.builtinNames.map { .string($0) }))
        case ("path", 1):
            add(.beginPath, flag: tracked)
            emit(arguments[0], scope, tracked: true)
            add(.endPath, flag: tracked)
        case ("getpath", 1):
            emitOperand(arguments[0], scope)
            add(.getPath)
        case ("select", 1):
            emitOperand(arguments[0], scope)
            let kept = add(.jumpIfTrue)
            add(.backtrack)
            patch(kept)
        case ("range", 2), ("range", 3):
            for (pushed, argument) in arguments.enumerated() { emitOperand(argument, scope, below: pushed) }
            add(.range, flag: arguments.count == 3)
        case ("limit", 2): emitLimit(arguments[0], arguments[1], scope, tracked)
        case ("skip", 2):
            let count = unit.newSlot()
            emitOperand(arguments[0], scope)
            add(.beginLimit, a: count, flag: true)
            emit(arguments[1], scope, tracked: tracked)
            add(.skip, a: count)
        case ("first", 1): emitFirst(arguments[0], scope, tracked)
        case ("nth", 2): emitNth(arguments[0], arguments[1], scope, tracked)
        case ("last", 1): emitLast(arguments[0], scope, tracked)
        case ("isempty", 1): emitExistence(nil, of: arguments[0], scope, whenFound: false)
        case ("any", 2): emitExistence((arguments[1], true), of: arguments[0], scope, whenFound: true)
        case ("all", 2): emitExistence((arguments[1], false), of: arguments[0], scope, whenFound: false)
        default: return false
        }
        return true
    }

    @inline(never)
    private mutating func emitLimit(_ count: Expression, _ body: Expression, _ scope: Scope?, _ tracked: Bool) {
        let (left, label) = (unit.newSlot(), unit.newSlot())
        emitOperand(count, scope)
        add(.beginLimit, a: left)
        add(.label, a: -1, b: label)
        emit(body, scope, tracked: tracked)
        add(.limit, a: left, b: label)
    }

    @inline(never)
    private mutating func emitFirst(_ body: Expression, _ scope: Scope?, _ tracked: Bool) {
        let label = unit.newSlot()
        add(.label, a: -1, b: label)
        emit(body, scope, tracked: tracked)
        add(.cut, a: label)
    }

    @inline(never)
    private mutating func emitNth(_ position: Expression, _ body: Expression, _ scope: Scope?, _ tracked: Bool) {
        let (left, label) = (unit.newSlot(), unit.newSlot())
        emitOperand(position, scope)
        add(.checkPosition)
        add(.beginLimit, a: left, flag: true)
        add(.label, a: -1, b: label)
        emit(body, scope, tracked: tracked)
        add(.skip, a: left)
        add(.cut, a: label)
    }

    @inline(never)
    private mutating func emitLast(_ body: Expression, _ scope: Scope?, _ tracked: Bool) {
        let slot = unit.newSlot()
        add(.beginLast, a: slot)
        let fork = add(.fork)
        emit(body, scope, tracked: tracked)
        add(.noteLast, a: slot)
        patch(fork)
        add(.endLast, a: slot)
    }

    /// Whether the source has a value for which the test gives what is wanted. It is looked at no further than that.
    @inline(never)
    private mutating func emitExistence(
        _ test: (condition: Expression, wanted: Bool)?, of source: Expression, _ scope: Scope?, whenFound: Bool
    ) {
        let slot = unit.newSlot()
        let label = add(.label, b: slot)
        pick()
        emit(source, scope, tracked: false)
        if let test {
            emit(test.condition, scope, tracked: false)
            add(.truth)
            pick()
            let found = add(test.wanted ? .jumpIfTrue : .jumpIfFalse)
            add(.backtrack)
            patch(found)
        }
        add(.cut, a: slot)
        add(.pop)
        addConstant(.bool(whenFound))
        let end = add(.jump)
        patch(label)
        addConstant(.bool(!whenFound))
        patch(end)
    }
}
