import JSON

extension Machine {
    /// What is assumed of values that came from outside: the parser's limit.
    var inputDepth: Int32 { Int32(clamping: min(meter.nesting, 512)) }

    @inline(__always)
    func childDepth(_ depth: Int32) -> Int32 { depth > 0 ? depth &- 1 : 0 }

    @inline(__always)
    mutating func pick(_ instruction: Instruction) throws(Fault) {
        var place = stack
        var left = instruction.a
        while left > 0 {
            place = entries[Int(place)].link
            left &-= 1
        }
        let entry = entries + Int(place)
        try push(entry.pointee.value, path: instruction.flag ? entry.pointee.path : nil, depth: entry.pointee.depth)
    }

    mutating func swapTop() throws(Fault) {
        let upper = pop()
        let lower = pop()
        try push(upper.value, path: upper.path, depth: upper.depth)
        try push(lower.value, path: lower.path, depth: lower.depth)
    }

    mutating func takeState(_ number: Int32) throws(Fault) {
        let place = slot(number)
        let state = place.move()
        place.initialize(to: Entry(value: .null, path: nil, link: 0, depth: 0))
        try push(state.value, path: state.path, depth: state.depth)
    }

    mutating func endState(_ number: Int32) throws(Fault) {
        let place = slot(number)
        let state = place.move()
        place.initialize(to: Entry(value: .null, path: nil, link: 0, depth: 0))
        let path = state.path ?? (dot.pointee.path == nil ? nil : poison)
        try replaceTop(state.value, path: path, depth: state.depth)
    }

    /// False when there is no output.
    @inline(__always)
    mutating func field(_ instruction: Instruction) throws(Fault) -> Bool {
        if dot.pointee.path != nil { return try index(code.constants[Int(instruction.a)], instruction.flag) }
        guard case .string(let key) = code.constants[Int(instruction.a)] else { return false }
        switch dot.pointee.value {
        case .object(let object):
            try replaceTop(object[key] ?? .null, path: nil, depth: childDepth(dot.pointee.depth))
            return true
        case .null: return true
        default:
            if instruction.flag { return false }
            throw Access.cannotIndex(dot.pointee.value, .string(key))
        }
    }

    mutating func index(_ key: JSONValue, _ optional: Bool) throws(Fault) -> Bool {
        let path = dot.pointee.path
        if path === poison {
            throw .message(
                "Invalid path expression near attempt to access element \(ErrorText.short(key)) of "
                    + ErrorText.short(dot.pointee.value))
        }
        let child: JSONValue
        if optional {
            do throws(Fault) {
                child = try Access.get(dot.pointee.value, key, &meter)
            } catch {
                guard case .raised = error else { throw error }
                return false
            }
        } else {
            child = try Access.get(dot.pointee.value, key, &meter)
        }
        let depth = child.isContainer ? max(dot.pointee.depth, 1) : 0
        try replaceTop(child, path: try path.map { (node) throws(Fault) in try extend(node, key) }, depth: depth)
        return true
    }

    func extend(_ path: PathNode, _ key: JSONValue) throws(Fault) -> PathNode {
        if path === poison { return poison }
        if path.count >= meter.nesting { throw .exhausted(.nesting) }
        return PathNode(path, key)
    }

    mutating func slice(_ instruction: Instruction) throws(Fault) -> Bool {
        let target = pop()
        let to = pop().value
        let from = pop().value
        try push(target.value, path: target.path, depth: target.depth)
        var key = JSONObject()
        key["start"] = from
        key["end"] = to
        return try index(.object(key), instruction.flag)
    }

    // MARK: - Generators

    mutating func each(_ instruction: Instruction, next address: Int32) throws(Fault) -> Bool {
        let count: Int
        switch dot.pointee.value {
        case .array(let elements): count = elements.count
        case .object(let object): count = object.count
        default:
            if dot.pointee.path === poison { throw cannotFollow() }
            if instruction.flag { return false }
            throw .message("Cannot iterate over \(ErrorText.full(dot.pointee.value))")
        }
        if dot.pointee.path === poison { throw cannotFollow() }
        if count == 0 { return false }
        if count > 1 {
            try pushFork(.each, address: address)
            forks[forkCount &- 1].position = 1
        }
        try replaceByElement(0)
        return true
    }

    private func cannotFollow() -> Fault {
        .message("Invalid path expression near attempt to iterate through \(ErrorText.short(dot.pointee.value))")
    }

    mutating func nextElement(_ fork: UnsafeMutablePointer<Fork>) throws(Fault) {
        let position = fork.pointee.position
        let count: Int
        switch dot.pointee.value {
        case .array(let elements): count = elements.count
        case .object(let object): count = object.count
        default: count = 0
        }
        if position &+ 1 >= count { popFork() } else { fork.pointee.position = position &+ 1 }
        try replaceByElement(position)
    }

    @inline(__always)
    private mutating func replaceByElement(_ position: Int) throws(Fault) {
        let depth = childDepth(dot.pointee.depth)
        let path = dot.pointee.path
        switch dot.pointee.value {
        case .array(let elements):
            let child = path == nil ? nil : try extend(path!, JSONValue(position))
            try replaceTop(elements[position], path: child, depth: depth)
        case .object(let object):
            let member = object[position]
            let child = path == nil ? nil : try extend(path!, .string(member.key))
            try replaceTop(member.value, path: child, depth: depth)
        default: break
        }
    }

    mutating func startRange(_ instruction: Instruction, next address: Int32) throws(Fault) -> Bool {
        let by = instruction.flag ? pop().value : 1
        let to = pop().value
        let from = pop().value
        guard case .number(let first) = from, case .number(let end) = to, case .number(let step) = by else {
            throw .message("Range bounds must be numeric")
        }
        let (start, limit, stride) = (first.double, end.double, step.double)
        guard stride > 0 ? start < limit : stride < 0 && start > limit else { return false }
        let second = start + stride
        if stride > 0 ? second < limit : second > limit {
            try pushFork(.range, address: address)
            let fork = forks + (forkCount - 1)
            fork.pointee.next = second
            fork.pointee.end = limit
            fork.pointee.step = stride
        }
        try replaceTop(from, depth: 0)
        return true
    }

    @inline(__always)
    mutating func nextNumber(_ fork: UnsafeMutablePointer<Fork>) throws(Fault) {
        let number = fork.pointee.next
        let next = number + fork.pointee.step
        if fork.pointee.step > 0 ? next < fork.pointee.end : next > fork.pointee.end {
            fork.pointee.next = next
        } else {
            popFork()
        }
        try replaceTop(.number(JSONNumber(number)), depth: 0)
    }

    mutating func startRecursion(next address: Int32) throws(Fault) {
        guard dot.pointee.value.hasElements else { return }
        if dot.pointee.path === poison { throw cannotFollow() }
        try pushFork(.recurse, address: address)
        forks[forkCount - 1].walker = Walker(dot.pointee.value, path: dot.pointee.path)
    }

    mutating func nextDescendant(_ fork: UnsafeMutablePointer<Fork>) throws(Fault) -> Bool {
        guard let walker = fork.pointee.walker, let (value, path, level) = walker.next(poison: poison) else {
            return false
        }
        try replaceTop(value, path: path, depth: max(0, dot.pointee.depth &- Int32(clamping: level) &- 1))
        return true
    }
}
