import JSON

extension Machine {
    /// The bound for a value that was just built; measured when the bound says that it might be too deep.
    @inline(__always)
    mutating func checked(_ value: borrowing JSONValue, bound: Int32) throws(Fault) -> Int32 {
        if Int(bound) <= meter.nesting { return bound }
        return try measured(value)
    }

    @inline(never)
    private mutating func measured(_ value: borrowing JSONValue) throws(Fault) -> Int32 {
        let depth = try Measure.depth(copy value, limit: meter.nesting + 1, &meter)
        if depth > meter.nesting { throw .exhausted(.nesting) }
        return Int32(clamping: depth)
    }

    mutating func append(_ number: Int32) throws(Fault) {
        let entry = pop()
        let place = slot(number)
        guard case .array(var elements) = place.pointee.value else { return }
        try meter.charge(bytes: 16)
        place.pointee.value = .null  // so that the array changes in place
        elements.append(entry.value)
        place.pointee.value = .array(elements)
        if entry.depth >= place.pointee.depth {
            place.pointee.depth = try checked(place.pointee.value, bound: entry.depth &+ 1)
        }
        try settle()
    }

    mutating func makeArray(_ count: Int) throws(Fault) {
        try meter.charge(elements: count)
        var elements = [JSONValue](repeating: .null, count: count)
        var depth: Int32 = 0
        for position in stride(from: count - 1, through: 0, by: -1) {
            let entry = pop()
            depth = max(depth, entry.depth)
            elements[position] = entry.value
        }
        let value = JSONValue.array(elements)
        let bound = try checked(value, bound: depth &+ 1)
        try replaceTop(value, depth: bound)
        try settle()
    }

    mutating func makeObject(_ shape: Code.Shape) throws(Fault) {
        try meter.charge(elements: shape.members.count * 3)
        var members = shape.members
        var depth: Int32 = 0
        for position in stride(from: members.count - 1, through: 0, by: -1) {
            let entry = pop()
            depth = max(depth, entry.depth)
            members[position].value = entry.value
        }
        let value = JSONValue.object(
            shape.isDistinct
                ? JSONObject(distinctMembers: members)
                : JSONObject(uniqueKeysWithValues: members.lazy.map { ($0.key, $0.value) }))
        let bound = try checked(value, bound: depth &+ 1)
        try replaceTop(value, depth: bound)
        try settle()
    }

    mutating func makeDynamicObject(_ count: Int) throws(Fault) {
        try meter.charge(elements: count * 3)
        var members: [(JSONValue, JSONValue)] = []
        members.reserveCapacity(count)
        var depth: Int32 = 0
        for _ in 0..<count {
            let value = pop()
            let key = pop()
            depth = max(depth, value.depth)
            members.append((key.value, value.value))
        }
        var object = JSONObject()
        object.reserveCapacity(count)
        for (key, value) in members.reversed() {
            guard case .string(let name) = key else {
                throw .message("Cannot use \(ErrorText.full(key)) as object key")
            }
            object[name] = value
        }
        let value = JSONValue.object(object)
        let bound = try checked(value, bound: depth &+ 1)
        try replaceTop(value, depth: bound)
        try settle()
    }

    mutating func makeString(_ template: Code.Template) throws(Fault) {
        var text = template.texts[0]
        for following in template.texts.dropFirst() {
            let value = pop().value
            if case .string(let piece) = value, template.format == .text {
                try meter.charge(text: piece.utf8.count)
                text += piece
            } else if case .string(let piece) = try template.format.apply(to: value, &meter) {
                text += piece
            }
            text += following
        }
        try meter.charge(text: text.utf8.count)
        try replaceTop(.string(text), depth: 0)
        try settle()
    }

    mutating func binary(_ instruction: Instruction) throws(Fault) {
        var left = pop()
        var right = pop()
        let depth = max(left.depth, right.depth)
        try finish(instruction, Arithmetic.apply(instruction.b, left.take(), right.take(), &meter), depth: depth)
    }

    /// Puts the result of an operation where the instruction wants it.
    @inline(__always)
    mutating func finish(_ instruction: Instruction, _ value: consuming JSONValue, depth: Int32) throws(Fault) {
        let bound = value.isContainer ? max(depth, 2) : 0
        if instruction.flag {
            try replaceTop(value, depth: bound)
        } else {
            try push(value, path: nil, depth: bound)
        }
        try settle()
    }

    mutating func callNative(_ instruction: Instruction) throws(Fault) {
        let result: JSONValue
        var depth: Int32
        switch code.natives[Int(instruction.a)] {
        case .zero(let function):
            depth = dot.pointee.depth
            result = try function(takeTopValue(), &meter)
        case .one(let function):
            let first = pop()
            depth = max(dot.pointee.depth, first.depth)
            result = try function(takeTopValue(), first.value, &meter)
        case .two(let function):
            let first = pop()
            let second = pop()
            depth = max(dot.pointee.depth, first.depth, second.depth)
            result = try function(takeTopValue(), first.value, second.value, &meter)
        case .three(let function):
            let first = pop()
            let second = pop()
            let third = pop()
            depth = max(dot.pointee.depth, first.depth, second.depth, third.depth)
            result = try function(takeTopValue(), first.value, second.value, third.value, &meter)
        }
        if result.isContainer {
            depth = try checked(result, bound: depth &+ Native.addedDepth)
        } else {
            depth = 0
        }
        try replaceTop(result, depth: depth)
        try settle()
    }
}
