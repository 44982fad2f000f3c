import JSON

extension Compiler {
    @inline(never)
    mutating func emitAssignment(
        _ operation: AssignmentOperator, _ target: Expression, _ value: Expression, _ scope: Scope?
    ) {
        switch operation {
        case .update:
            emitModification(target, scope) {
                $0.emit(value, scope, tracked: false)
            } isSingle: {
                $0.isSingle(value, scope)
            }
        case .set:
            let slot = emitValueOnce(value, scope)
            emitSetting(target, slot, scope)
        case .arithmetic(let binary):
            let slot = emitValueOnce(value, scope)
            emitModification(target, scope) { compiler in
                compiler.add(.pushVariable, a: slot)
                compiler.add(.swap)
                compiler.add(.binary, b: Int32(binary.rawValue))
            } isSingle: { _ in
                true
            }
        case .alternative:
            let slot = emitValueOnce(value, scope)
            emitModification(target, scope) {
                $0.add(.defaultTo, a: slot)
            } isSingle: { _ in
                true
            }
        }
    }

    /// The right side sees the same dot as the left; each of its values makes one result.
    @inline(never)
    private mutating func emitValueOnce(_ value: Expression, _ scope: Scope?) -> Int32 {
        let slot = unit.newSlot()
        emitOperand(value, scope)
        add(.store, a: slot)
        return slot
    }

    @inline(never)
    private mutating func emitSetting(_ target: Expression, _ value: Int32, _ scope: Scope?) {
        if let place = emitPlace(target, scope) {
            add(.assignPlace, a: place.number, b: value, flag: place.isSlot)
            return
        }
        let state = unit.newSlot()
        pick()
        add(.storeState, a: state)
        let fork = add(.fork)
        add(.beginPath)
        emit(target, scope, tracked: true)
        add(.assignPath, a: state, b: value)
        patch(fork)
        add(.endState, a: state)
    }

    /// Each place of the target becomes the first value of the body there, or is deleted when there is none.
    @inline(never)
    mutating func emitModification(
        _ target: Expression, _ scope: Scope?, body: (inout Compiler) -> Void,
        isSingle: (inout Compiler) -> Bool
    ) {
        let state = unit.newSlot()
        let isSingle = isSingle(&self)
        if let place = emitPlace(target, scope) {
            add(.storeState, a: state)
            add(.takePlace, a: state, b: place.number, flag: place.isSlot)
            guard !isSingle else {
                body(&self)
                add(.putPlace, a: state, b: place.number, flag: place.isSlot)
                return
            }
            let label = emitFirst(body)
            add(.putPlace, a: state, b: place.number, flag: place.isSlot)
            let end = add(.jump)
            patch(label)
            add(.dropPlace, a: state, b: place.number, flag: place.isSlot)
            return patch(end)
        }
        // The slot after the path's holds the paths to delete.
        let path = unit.newSlot()
        add(.clear, a: unit.newSlot())
        pick()
        add(.storeState, a: state)
        let fork = add(.fork)
        add(.beginPath)
        emit(target, scope, tracked: true)
        add(.takePath, a: state, b: path)
        if isSingle {
            body(&self)
            add(.putPath, a: state, b: path)
        } else {
            let label = emitFirst(body)
            add(.putPath, a: state, b: path)
            patch(label)
            add(.dropPath, b: path)
        }
        patch(fork)
        add(.endModify, a: state, b: path)
    }

    /// The first value of the body; the place to patch is where to go when there is none.
    @inline(never)
    private mutating func emitFirst(_ body: (inout Compiler) -> Void) -> Int {
        let slot = unit.newSlot()
        let label = add(.label, b: slot)
        body(&self)
        add(.cut, a: slot)
        return label
    }

    /// One place, whose path is known before anything changes: the number of a constant path, or of a slot that code
    /// fills with it. Then no copy of dot has to be kept, and it can change in place. Nil for anything else.
    @inline(never)
    private mutating func emitPlace(_ target: Expression, _ scope: Scope?) -> (number: Int32, isSlot: Bool)? {
        var keys: [Expression] = []
        var place = target
        while case .index(let inner, let key, false) = place.kind {
            keys.append(key)
            place = inner
        }
        guard case .identity = place.kind, keys.allSatisfy({ isSingle($0, scope) }) else { return nil }
        keys.reverse()
        let constants = keys.compactMap { folded($0) }
        if constants.count == keys.count {
            paths.append(constants)
            return (Int32(paths.count - 1), false)
        }
        let slot = unit.newSlot()
        for (pushed, key) in keys.enumerated() { emitOperand(key, scope, below: pushed) }
        add(.storePath, a: slot, b: Int32(keys.count))
        return (slot, true)
    }
}
