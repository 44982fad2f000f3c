import JSON

extension Machine {
    mutating func beginPath(_ instruction: Instruction) throws(Fault) {
        let root = PathNode()
        if instruction.flag {
            try push(dot.pointee.value, path: root, depth: dot.pointee.depth)
        } else {
            let entry = pop()
            try push(entry.value, path: root, depth: entry.depth)
        }
    }

    mutating func endPath(_ instruction: Instruction) throws(Fault) {
        let entry = pop()
        let keys = try self.keys(of: entry)
        if instruction.flag {
            try replaceTop(.array(keys), depth: 2)
        } else {
            try push(.array(keys), path: nil, depth: 2)
        }
        try settle()
    }

    private mutating func keys(of entry: Entry) throws(Fault) -> [JSONValue] {
        guard let path = entry.path, path !== poison else {
            throw .message("Invalid path expression with result \(ErrorText.short(entry.value))")
        }
        try meter.charge(elements: path.count)
        return path.keys
    }

    mutating func getPath() throws(Fault) {
        let path = pop()
        guard case .array(let keys) = path.value else { throw .message("Path must be specified as an array") }
        if keys.count > Access.maximumPathLength { throw .message("Path too deep") }
        let value = try Access.get(dot.pointee.value, path: keys, &meter)
        var node = dot.pointee.path
        if let start = node {
            if start === poison {
                throw .message(
                    "Invalid path expression near attempt to access element \(ErrorText.short(path.value)) of "
                        + ErrorText.short(dot.pointee.value))
            }
            var extended = start
            for key in keys { extended = try extend(extended, key) }
            node = extended
        }
        try replaceTop(value, path: node, depth: value.isContainer ? dot.pointee.depth : 0)
    }

    mutating func storePath(_ instruction: Instruction) {
        var keys = [JSONValue](repeating: .null, count: Int(instruction.b))
        for position in stride(from: keys.count - 1, through: 0, by: -1) { keys[position] = pop().value }
        slot(instruction.a).pointee.value = .array(keys)
    }

    private func path(_ number: Int32, isSlot: Bool) -> [JSONValue] {
        guard isSlot else { return code.paths[Int(number)] }
        if case .array(let keys) = slot(number).pointee.value { return keys }
        return []
    }

    mutating func assignPlace(_ instruction: Instruction) throws(Fault) {
        let keys = path(instruction.a, isSlot: instruction.flag)
        let source = slot(instruction.b)
        let depth = max(dot.pointee.depth, source.pointee.depth + Int32(keys.count))
        var value = takeTopValue()
        try Access.set(&value, path: keys, to: source.pointee.value, &meter)
        let bound = try checked(value, bound: depth)
        try replaceTop(value, depth: bound)
        try settle()
    }

    mutating func assignPath(_ instruction: Instruction) throws(Fault) {
        let keys = try self.keys(of: pop())
        let source = slot(instruction.b).pointee
        try put(source.value, depth: source.depth, at: keys, slot(instruction.a))
    }

    private mutating func put(
        _ value: JSONValue, depth: Int32, at keys: [JSONValue], _ state: UnsafeMutablePointer<Entry>
    ) throws(Fault) {
        try Access.set(&state.pointee.value, path: keys, to: value, &meter)
        let bound = max(state.pointee.depth, depth + Int32(clamping: keys.count))
        state.pointee.depth = try checked(state.pointee.value, bound: bound)
        try settle()
    }

    mutating func takePlace(_ instruction: Instruction) throws(Fault) {
        let state = slot(instruction.a)
        let value = try Access.take(&state.pointee.value, path(instruction.b, isSlot: instruction.flag)[...], &meter)
        try push(value, path: nil, depth: value.isContainer ? state.pointee.depth : 0)
    }

    mutating func putPlace(_ instruction: Instruction) throws(Fault) {
        let entry = pop()
        let state = slot(instruction.a)
        try put(entry.value, depth: entry.depth, at: path(instruction.b, isSlot: instruction.flag), state)
        try pushState(state)
    }

    mutating func dropPlace(_ instruction: Instruction) throws(Fault) {
        drop()
        let state = slot(instruction.a)
        let path = JSONValue.array(path(instruction.b, isSlot: instruction.flag))
        state.pointee.value = try Access.delete(state.pointee.value, paths: [path], &meter)
        try pushState(state)
    }

    private mutating func pushState(_ state: UnsafeMutablePointer<Entry>) throws(Fault) {
        let entry = state.move()
        state.initialize(to: Entry(value: .null, path: nil, link: 0, depth: 0))
        try push(entry.value, path: entry.path == nil ? nil : poison, depth: entry.depth)
    }

    mutating func takePath(_ instruction: Instruction) throws(Fault) {
        let entry = pop()
        let keys = try self.keys(of: entry)
        let state = slot(instruction.a)
        let value = try Access.take(&state.pointee.value, keys[...], &meter)
        slot(instruction.b).pointee.value = .array(keys)
        try push(value, path: nil, depth: value.isContainer ? state.pointee.depth : 0)
    }

    mutating func putPath(_ instruction: Instruction) throws(Fault) {
        let entry = pop()
        guard case .array(let keys) = slot(instruction.b).pointee.value else { return }
        try put(entry.value, depth: entry.depth, at: keys, slot(instruction.a))
    }

    mutating func dropPath(_ instruction: Instruction) throws(Fault) {
        let list = slot(instruction.b + 1)
        var paths: [JSONValue] = []
        if case .array(let earlier) = list.pointee.value { paths = earlier }
        list.pointee.value = .null
        try meter.charge(bytes: 16)
        paths.append(slot(instruction.b).pointee.value)
        list.pointee.value = .array(paths)
    }

    mutating func endModify(_ instruction: Instruction) throws(Fault) {
        let list = slot(instruction.b + 1)
        if case .array(let paths) = list.pointee.value {
            list.pointee.value = .null
            let state = slot(instruction.a)
            state.pointee.value = try Access.delete(state.pointee.value, paths: paths, &meter)
        }
        let state = slot(instruction.a).pointee
        slot(instruction.a).pointee.value = .null
        try replaceTop(state.value, depth: state.depth)
    }
}
