import JSON

extension Compiler {
    // These functions call each other in a circle: inlining them into one another would give each the stack frame of
    // all, and the depth of a program that a small stack can take would shrink accordingly.

    /// Code that turns dot into the expression's results.
    @inline(never)
    mutating func emit(_ expression: Expression, _ scope: Scope?, tracked: Bool) {
        guard descend(expression.span) else { return }
        emitKind(expression, scope, tracked)
        ascend()
    }

    /// The same for an operand beside dot: it has no path to follow.
    @inline(never)
    mutating func emitOperand(_ expression: Expression, _ scope: Scope?, below: Int = 0) {
        switch expression.kind {
        case .literal(let value): addConstant(value, push: true)
        case .variable(let name): emitVariable(name, expression.span, scope, push: true)
        default:
            pick(below)
            emit(expression, scope, tracked: false)
        }
    }

    @inline(never)
    private mutating func emitKind(_ expression: Expression, _ scope: Scope?, _ tracked: Bool) {
        switch expression.kind {
        case .identity: break
        case .recurse: add(.recurse)
        case .literal(let value): addConstant(value)
        case .interpolation(let format, let parts): emitString(format, parts, expression.span, scope)
        case .format(let name):
            if let format = textFormat(name, expression.span) { add(.format, a: Int32(format.rawValue)) }
        case .index(let target, let key, let optional): emitIndex(target, key, optional, scope, tracked)
        case .slice(let target, let from, let to, let optional):
            emitSlice(target, from, to, optional, expression.span, scope, tracked)
        case .iterate(let target, let optional):
            emit(target, scope, tracked: tracked)
            add(.each, flag: optional)
        case .attempt(let body, let handler): emitAttempt(body, handler, scope, tracked)
        case .negate(let operand): emitNegation(operand, scope, tracked)
        case .collect(let inner): emitCollection(inner, scope, tracked)
        case .object(let entries): emitObject(entries, scope, tracked)
        case .pipe(let stages): for stage in stages { emit(stage, scope, tracked: tracked) }
        case .comma(let items): emitComma(items, scope, tracked)
        case .binary(let operation, let left, let right):
            emitBinary(operation, left, right, scope, tracked)
        case .and(let left, let right): emitLogic(left, right, isAnd: true, scope, tracked)
        case .or(let left, let right): emitLogic(left, right, isAnd: false, scope, tracked)
        case .alternative(let left, let right): emitAlternative(left, right, scope, tracked)
        case .assign(let operation, let target, let value):
            emitAssignment(operation, target, value, scope)
        case .conditional(let branches, let otherwise): emitConditional(branches, otherwise, scope, tracked)
        case .reduce(let source, let patterns, let initial, let update):
            emitReduce(source, patterns, initial, update, scope, tracked)
        case .foreach(let source, let patterns, let initial, let update, let extract):
            emitForeach(source, patterns, initial, update, extract, scope, tracked)
        case .bind(let source, let patterns, let body):
            emitOperand(source, scope)
            emitBinding(patterns, scope) { $0.emit(body, $1, tracked: tracked) }
        case .label(let name, let body):
            let slot = unit.newSlot()
            add(.label, a: -1, b: slot)
            emit(body, Scope(.label(name, unit, slot: slot), parent: scope), tracked: tracked)
        case .break(let name): emitBreak(name, expression.span, scope)
        case .variable(let name): emitVariable(name, expression.span, scope, push: false)
        case .location:
            addConstant(["file": "<top-level>", "line": JSONValue(source.line(of: expression.span.start))])
        case .call(let name, let arguments): emitCall(name, arguments, expression.span, scope, tracked)
        case .define(let definitions, let body):
            emit(body, define(definitions, scope), tracked: tracked)
        }
    }

    // MARK: - Names

    @inline(never)
    private mutating func emitVariable(_ name: String, _ span: Span, _ scope: Scope?, push: Bool) {
        let found: Scope.Binding? = Scope.first(in: scope) { binding in
            switch binding {
            case .variable(name, _, _), .global(name, _): binding
            default: nil
            }
        }
        switch found {
        case .variable(_, let home, let slot): add(push ? .pushVariable : .load, a: slot, b: levels(to: home))
        case .global(_, let index):
            usedGlobals.insert(name)
            add(push ? .pushGlobal : .loadGlobal, a: index)
        default:
            report(span, "$\(name) is not defined\(variableHint(name, scope))")
        }
    }

    @inline(never)
    private mutating func emitBreak(_ name: String, _ span: Span, _ scope: Scope?) {
        let found: (Unit, Int32)? = Scope.first(in: scope) { binding in
            if case .label(name, let home, let slot) = binding { (home, slot) } else { nil }
        }
        guard let (home, slot) = found else { return report(span, "there is no label $\(name) to break out of") }
        add(.breakOut, a: slot, b: levels(to: home))
    }

    mutating func textFormat(_ name: String, _ span: Span) -> TextFormat? {
        if let format = TextFormat(name: name) { return format }
        let known = TextFormat.allCases.map { "@\($0)" }.joined(separator: ", ")
        report(span, "@\(name) is not a format: expected one of \(known)")
        return nil
    }

    // MARK: - Access

    @inline(never)
    private mutating func emitIndex(
        _ target: Expression, _ key: Expression, _ optional: Bool, _ scope: Scope?, _ tracked: Bool
    ) {
        if case .literal(let value) = key.kind {
            emit(target, scope, tracked: tracked)
            if case .string = value {
                add(.field, a: constant(value), flag: optional)
            } else {
                add(.indexConstant, a: constant(value), flag: optional)
            }
            return
        }
        emitOperand(key, scope)
        add(.swap)
        emit(target, scope, tracked: tracked)
        add(.index, flag: optional)
    }

    @inline(never)
    private mutating func emitSlice(
        _ target: Expression, _ from: Expression?, _ to: Expression?, _ optional: Bool, _ span: Span,
        _ scope: Scope?, _ tracked: Bool
    ) {
        let missing = Expression(.literal(.null), span: span)
        emitOperand(from ?? missing, scope)
        add(.swap)
        emitOperand(to ?? missing, scope)
        add(.swap)
        emit(target, scope, tracked: tracked)
        add(.slice, flag: optional)
    }

    // MARK: - Construction

    @inline(never)
    private mutating func emitString(_ name: String, _ parts: [StringPart], _ span: Span, _ scope: Scope?) {
        guard let format = textFormat(name, span) else { return }
        var texts = [""]
        var values: [Expression] = []
        for part in parts {
            switch part {
            case .text(let text): texts[texts.count - 1] += text
            case .value(let value):
                values.append(value)
                texts.append("")
            }
        }
        for (pushed, value) in values.reversed().enumerated() { emitOperand(value, scope, below: pushed) }
        templates.append(Code.Template(texts: texts, format: format))
        add(.makeString, a: Int32(templates.count - 1))
    }

    @inline(never)
    private mutating func emitCollection(_ inner: Expression?, _ scope: Scope?, _ tracked: Bool) {
        guard let inner else { return addConstant(.array([])) }
        var items = [inner]
        if case .comma(let several) = inner.kind { items = several }
        if items.count <= 256, items.allSatisfy({ isSingle($0, scope) }) {
            for (pushed, item) in items.enumerated() { emitOperand(item, scope, below: pushed) }
            add(.makeArray, a: Int32(items.count))
            return
        }
        let slot = unit.newSlot()
        add(.beginCollect, a: slot)
        let fork = add(.fork)
        if tracked { pick() }
        emit(inner, scope, tracked: false)
        add(.append, a: slot)
        patch(fork)
        add(.endCollect, a: slot)
    }

    @inline(never)
    private mutating func emitObject(_ entries: [ObjectEntry], _ scope: Scope?, _ tracked: Bool) {
        var keys: [String] = []
        for entry in entries {
            if let value = folded(entry.key) {
                guard case .string(let name) = value else {
                    report(
                        entry.key.span,
                        "Cannot use \(ErrorText.full(value)) as object key: expected a string")
                    continue
                }
                keys.append(name)
            }
        }
        if keys.count == entries.count {
            for (pushed, entry) in entries.enumerated() { emitOperand(entry.value, scope, below: pushed) }
            shapes.append(Code.Shape(keys))
            add(.makeObject, a: Int32(shapes.count - 1))
            return
        }
        for (position, entry) in entries.enumerated() {
            emitOperand(entry.key, scope, below: position * 2)
            emitOperand(entry.value, scope, below: position * 2 + 1)
        }
        add(.makeDynamicObject, a: Int32(entries.count))
    }

    // MARK: - Operators

    @inline(never)
    private mutating func emitNegation(_ operand: Expression, _ scope: Scope?, _ tracked: Bool) {
        if let value = folded(operand), case .number(let number) = value {
            return addConstant(.number(Arithmetic.negate(number)))
        }
        if tracked { pick() }
        emit(operand, scope, tracked: false)
        add(.negate, flag: tracked)
    }

    @inline(never)
    private mutating func emitBinary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ scope: Scope?, _ tracked: Bool
    ) {
        let number = Int32(operation.rawValue)
        let leftConstant = folded(left)
        let rightConstant = folded(right)
        if let leftConstant, let rightConstant, let value = folded(operation, leftConstant, rightConstant) {
            return addConstant(value)
        }
        if let rightConstant {
            if tracked { pick() }
            emit(left, scope, tracked: false)
            add(.binaryConstant, a: constant(rightConstant), b: number, flag: tracked)
        } else if let leftConstant {
            if tracked { pick() }
            emit(right, scope, tracked: false)
            add(.constantBinary, a: constant(leftConstant), b: number, flag: tracked)
        } else if tracked {
            emitOperand(right, scope)
            emitOperand(left, scope, below: 1)
            add(.binary, b: number, flag: true)
        } else {
            emitOperand(right, scope)
            add(.swap)
            emit(left, scope, tracked: false)
            add(.binary, b: number)
        }
    }

    @inline(never)
    private mutating func emitLogic(
        _ left: Expression, _ right: Expression, isAnd: Bool, _ scope: Scope?, _ tracked: Bool
    ) {
        emitOperand(left, scope)
        let decided = add(isAnd ? .jumpIfFalse : .jumpIfTrue)
        if tracked { pick() }
        emit(right, scope, tracked: false)
        add(.truth)
        if tracked { add(.dropBelow) }
        let end = add(.jump)
        patch(decided)
        addConstant(.bool(!isAnd))
        patch(end)
    }

    @inline(never)
    private mutating func emitAlternative(_ left: Expression, _ right: Expression, _ scope: Scope?, _ tracked: Bool) {
        let slot = unit.newSlot()
        let begin = add(.beginAlternative, b: slot)
        emit(left, scope, tracked: tracked)
        add(.testAlternative, a: slot)
        let end = add(.jump)
        patch(begin)
        add(.endAlternative, a: slot)
        emit(right, scope, tracked: tracked)
        patch(end)
    }

    // MARK: - Control

    @inline(never)
    private mutating func emitComma(_ items: [Expression], _ scope: Scope?, _ tracked: Bool) {
        var ends: [Int] = []
        for item in items.dropLast() {
            let fork = add(.fork)
            emit(item, scope, tracked: tracked)
            ends.append(add(.jump))
            patch(fork)
        }
        emit(items[items.count - 1], scope, tracked: tracked)
        for end in ends { patch(end) }
    }

    @inline(never)
    private mutating func emitConditional(
        _ branches: [Branch], _ otherwise: Expression?, _ scope: Scope?, _ tracked: Bool
    ) {
        var ends: [Int] = []
        for branch in branches {
            emitOperand(branch.condition, scope)
            let next = add(.jumpIfFalse)
            emit(branch.body, scope, tracked: tracked)
            ends.append(add(.jump))
            patch(next)
        }
        if let otherwise { emit(otherwise, scope, tracked: tracked) }
        for end in ends { patch(end) }
    }

    @inline(never)
    private mutating func emitAttempt(_ body: Expression, _ handler: Expression?, _ scope: Scope?, _ tracked: Bool) {
        let slot = unit.newSlot()
        let begin = add(.beginTry, a: -1, b: slot)
        emit(body, scope, tracked: tracked)
        add(.endTry, a: slot)
        guard let handler else { return }
        let end = add(.jump)
        patch(begin)
        emit(handler, scope, tracked: tracked)
        patch(end)
    }

    @inline(never)
    private mutating func emitReduce(
        _ source: Expression, _ patterns: [Pattern], _ initial: Expression, _ update: Expression, _ scope: Scope?,
        _ tracked: Bool
    ) {
        let state = unit.newSlot()
        pick(withPath: tracked)
        emit(initial, scope, tracked: tracked)
        add(.storeState, a: state)
        let fork = add(.fork)
        if tracked { pick() }
        emit(source, scope, tracked: false)
        emitBinding(patterns, scope) { compiler, scope in
            compiler.add(.takeState, a: state)
            compiler.emit(update, scope, tracked: tracked)
            compiler.add(.storeState, a: state)
            compiler.add(.backtrack)
        }
        patch(fork)
        add(.endState, a: state)
    }

    @inline(never)
    private mutating func emitForeach(
        _ source: Expression, _ patterns: [Pattern], _ initial: Expression, _ update: Expression,
        _ extract: Expression?, _ scope: Scope?, _ tracked: Bool
    ) {
        let state = unit.newSlot()
        pick(withPath: tracked)
        emit(initial, scope, tracked: tracked)
        add(.storeState, a: state)
        if tracked { pick() }
        emit(source, scope, tracked: false)
        emitBinding(patterns, scope) { compiler, scope in
            compiler.add(.takeState, a: state)
            compiler.emit(update, scope, tracked: tracked)
            compiler.add(.copyState, a: state)
            if let extract { compiler.emit(extract, scope, tracked: tracked) }
            if tracked { compiler.add(.dropBelow) }
        }
    }
}
