import JSON

extension Machine {
    mutating func endTry(_ start: Int32) throws(Fault) {
        if forkCount == Int(start) + 1 { return popFork() }
        try pushFork(.attemptEnd, address: -1)
        forks[forkCount - 1].position = Int(start)
    }

    /// Abandons the alternatives from fork `number` on, and everything that only they needed.
    mutating func cut(_ number: Int32) throws(Fault) {
        let fork = forks[Int(number)]
        let result = pop()
        dropForks(to: Int(number))
        if stack < fork.stack, fork.stack + 1 == fork.top, fork.stack >= guardTop {
            truncate(fork.stack)
        } else {
            truncate(max(fork.top, guardTop))
        }
        try push(result.value, path: result.path, depth: result.depth)
    }

    /// False when there is nothing to do.
    mutating func beginLimit(_ instruction: Instruction) throws(Fault) -> Bool {
        let count = pop().value
        let word = instruction.flag ? "skip" : "limit"
        guard case .number(let number) = count else {
            throw .message("\(word) needs a number, not \(ErrorText.full(count))")
        }
        if number.double < 0 { throw .message("\(word) doesn't support negative count") }
        slot(instruction.a).pointee.value = count
        return instruction.flag || number.double > 0
    }

    // MARK: - Functions

    mutating func call(_ instruction: Instruction, next address: Int32) throws(Fault) -> Int32 {
        let function = code.functions[Int(instruction.a)]
        let link = frame(levels: instruction.b)
        let count = Int(function.parameterCount)
        let valueCount = Int(function.valueCount)
        if count == 0, valueCount == 0 {
            return try enter(instruction.a, link: link, next: address, isTail: instruction.flag)
        }
        for position in 0..<count {
            arguments[position] = argument(code.instructions[Int(address) + position])
        }
        for position in 0..<valueCount { (values + position).initialize(to: pop()) }
        let start: Int32
        do throws(Fault) {
            start = try enter(instruction.a, link: link, next: address + Int32(count), isTail: instruction.flag)
        } catch {
            values.deinitialize(count: valueCount)
            throw error
        }
        for position in 0..<count {
            let place = slot(Int32(position))
            place.pointee.link = arguments[position].function
            place.pointee.depth = arguments[position].frame
        }
        for position in 0..<valueCount {
            let place = slot(Int32(count + valueCount - 1 - position))
            place.pointee = (values + position).move()
            place.pointee.path = nil
        }
        return start
    }

    private func argument(_ instruction: Instruction) -> Argument {
        if instruction.flag {
            let place = slot(instruction.a, levels: instruction.b)
            return Argument(function: place.pointee.link, frame: place.pointee.depth)
        }
        return Argument(function: instruction.a, frame: frame(levels: instruction.b))
    }

    mutating func callParameter(
        _ instruction: Instruction, next address: Int32, tracked: Bool
    ) throws(Fault) -> Int32 {
        let place = slot(instruction.a, levels: instruction.b)
        var function = place.pointee.link
        if tracked { function = code.functions[Int(function)].trackedTwin }
        return try enter(function, link: place.pointee.depth, next: address, isTail: instruction.flag)
    }

    /// Makes a frame and gives the place to continue at. A tail call takes over the frame of its function when no fork
    /// needs it any more; what it returns goes to that function's caller in any case.
    mutating func enter(_ number: Int32, link: Int32, next address: Int32, isTail: Bool) throws(Fault) -> Int32 {
        let function = code.functions[Int(number)]
        let dot = pop()
        var returnAddress = address
        var caller = frame
        var depth = entries[Int(frame + Frame.staticEntry)].depth
        if isTail {
            returnAddress = entries[Int(frame + Frame.returnEntry)].link
            caller = entries[Int(frame + Frame.returnEntry)].depth
            if frame >= guardTop { truncate(frame) }
        } else {
            depth &+= 1
            if depth > depthLimit { throw .exhausted(.depth) }
        }
        try reserve(Frame.headerSize + function.slotCount + 1)
        frame = top
        let place = entries + Int(top)
        place.initialize(to: Entry(value: .null, path: nil, link: returnAddress, depth: caller))
        (place + 1).initialize(to: Entry(value: .null, path: nil, link: link, depth: depth))
        for number in 0..<Int(function.slotCount) {
            (place + 2 + number).initialize(to: Entry(value: .null, path: nil, link: 0, depth: 0))
        }
        top &+= Frame.headerSize &+ function.slotCount
        try push(dot.value, path: dot.path, depth: dot.depth)
        return function.address
    }

    mutating func leave() throws(Fault) -> Int32 {
        let result = pop()
        let header = entries[Int(frame)]
        if frame >= guardTop { truncate(frame) }
        frame = header.depth
        try push(result.value, path: result.path, depth: result.depth)
        return header.link
    }
}

/// A closure: code and the frame that its names are looked up in.
struct Argument {
    var function: Int32
    var frame: Int32
}
