import JSON

extension Machine {
    /// Runs until there is a result, which is then on top of the stack, or until there are no more.
    ///
    /// - Parameter address: where to start; negative: go back for the next result.
    mutating func run(from address: Int32) throws(Fault) -> Bool {
        var next = address
        if next < 0 {
            guard let place = try backtrack() else { return false }
            next = place
        }
        while true {
            do throws(Fault) {
                return try execute(from: next)
            } catch {
                guard case .raised(let value) = error else { throw error }
                next = try recover(from: value)
            }
        }
    }

    private mutating func execute(from start: Int32) throws(Fault) -> Bool {
        let instructions = code.instructions.withUnsafeBufferPointer { $0.baseAddress! }
        var address = start
        while true {
            if address < 0 {
                guard let place = try backtrack() else { return false }
                address = place
            }
            meter.stepsLeft &-= 1
            if meter.stepsLeft < 0 { throw .exhausted(.steps) }
            let instruction = instructions[Int(address)]
            address &+= 1
            switch instruction.operation {
            // Values
            case .constant: try replaceTop(code.constants[Int(instruction.a)], depth: instruction.b)
            case .pushConstant: try push(code.constants[Int(instruction.a)], path: nil, depth: instruction.b)
            case .pick: try pick(instruction)
            case .pop: drop()
            case .swap: try swapTop()
            case .dropBelow:
                let upper = pop()
                let below = pop()
                let path = upper.path ?? (below.path == nil ? nil : poison)
                try push(upper.value, path: path, depth: upper.depth)
            case .load:
                let place = slot(instruction.a, levels: instruction.b)
                try replaceTop(place.pointee.value, depth: place.pointee.depth)
            case .pushVariable:
                let place = slot(instruction.a, levels: instruction.b)
                try push(place.pointee.value, path: nil, depth: place.pointee.depth)
            case .loadGlobal: try replaceTop(globals[Int(instruction.a)], depth: inputDepth)
            case .pushGlobal: try push(globals[Int(instruction.a)], path: nil, depth: inputDepth)
            case .store:
                let entry = pop()
                let place = slot(instruction.a)
                place.pointee.value = entry.value
                place.pointee.depth = entry.depth
            case .storeState: slot(instruction.a).pointee = pop()
            case .copyState: slot(instruction.a).pointee = dot.pointee
            case .takeState: try takeState(instruction.a)
            case .endState: try endState(instruction.a)
            case .clear: slot(instruction.a).pointee = Entry(value: .null, path: nil, link: 0, depth: 0)

            // Access
            case .field: if try !field(instruction) { address = -1 }
            case .indexConstant: if try !index(code.constants[Int(instruction.a)], instruction.flag) { address = -1 }
            case .index:
                let target = pop()
                let key = pop()
                try push(target.value, path: target.path, depth: target.depth)
                if try !index(key.value, instruction.flag) { address = -1 }
            case .slice: if try !slice(instruction) { address = -1 }
            case .each: if try !each(instruction, next: address) { address = -1 }
            case .recurse: try startRecursion(next: address)

            // Construction
            case .beginCollect:
                slot(instruction.a).pointee = Entry(value: .array([]), path: nil, link: 0, depth: 1)
            case .append:
                try append(instruction.a)
                address = -1
            case .endCollect:
                let place = slot(instruction.a)
                let collected = place.move()
                place.initialize(to: Entry(value: .null, path: nil, link: 0, depth: 0))
                try replaceTop(collected.value, depth: collected.depth)
            case .makeArray: try makeArray(Int(instruction.a))
            case .makeObject: try makeObject(code.shapes[Int(instruction.a)])
            case .makeDynamicObject: try makeDynamicObject(Int(instruction.a))
            case .makeString: try makeString(code.templates[Int(instruction.a)])
            case .format:
                let text = try TextFormat(rawValue: UInt8(instruction.a))!.apply(to: dot.pointee.value, &meter)
                try replaceTop(text, depth: 0)
                try settle()

            // Arithmetic
            case .binary: try binary(instruction)
            case .binaryConstant:
                var left = pop()
                try finish(
                    instruction,
                    Arithmetic.apply(instruction.b, left.take(), code.constants[Int(instruction.a)], &meter),
                    depth: left.depth)
            case .constantBinary:
                let right = pop()
                try finish(
                    instruction,
                    Arithmetic.apply(instruction.b, code.constants[Int(instruction.a)], right.value, &meter),
                    depth: right.depth)
            case .negate:
                let operand = pop()
                try finish(instruction, Arithmetic.negate(operand.value), depth: 0)
            case .truth: try replaceTop(.bool(dot.pointee.value.isTrue), depth: 0)

            // Control
            case .jump: address = instruction.a
            case .jumpIfFalse: if !pop().value.isTrue { address = instruction.a }
            case .jumpIfTrue: if pop().value.isTrue { address = instruction.a }
            case .fork: try pushFork(.plain, address: instruction.a)
            case .backtrack: address = -1
            case .beginTry:
                slot(instruction.b).pointee.link = Int32(forkCount)
                try pushFork(.attempt, address: instruction.a)
            case .endTry: try endTry(slot(instruction.a).pointee.link)
            case .beginAlternative:
                slot(instruction.b).pointee.link = 0
                try pushFork(.plain, address: instruction.a)
            case .testAlternative:
                if dot.pointee.value.isTrue { slot(instruction.a).pointee.link = 1 } else { address = -1 }
            case .endAlternative: if slot(instruction.a).pointee.link == 1 { address = -1 }
            case .defaultTo:
                if !dot.pointee.value.isTrue {
                    let place = slot(instruction.a)
                    try replaceTop(place.pointee.value, depth: place.pointee.depth)
                }
            case .label:
                slot(instruction.b).pointee.link = Int32(forkCount)
                try pushFork(.plain, address: instruction.a)
            case .breakOut:
                dropForks(to: Int(slot(instruction.a, levels: instruction.b).pointee.link))
                address = -1
            case .cut: try cut(slot(instruction.a).pointee.link)
            case .beginLimit: if try !beginLimit(instruction) { address = -1 }
            case .checkPosition:
                if let number = dot.pointee.value.doubleValue, number < 0 {
                    throw .message("nth doesn't support negative indices")
                }
            case .limit:
                let place = slot(instruction.a)
                place.pointee.value = .number(JSONNumber((place.pointee.value.doubleValue ?? 0) - 1))
                if (place.pointee.value.doubleValue ?? 0) <= 0 { try cut(slot(instruction.b).pointee.link) }
            case .skip:
                let place = slot(instruction.a)
                let left = place.pointee.value.doubleValue ?? 0
                if left > 0 {
                    place.pointee.value = .number(JSONNumber(left - 1))
                    address = -1
                }
            case .beginLast: slot(instruction.a).pointee = Entry(value: .null, path: nil, link: 0, depth: 0)
            case .noteLast:
                var entry = pop()
                entry.link = 1
                slot(instruction.a).pointee = entry
                address = -1
            case .endLast:
                if slot(instruction.a).pointee.link == 1 { try endState(instruction.a) } else { address = -1 }
            case .range: if try !startRange(instruction, next: address) { address = -1 }
            case .raise: throw .raised(dot.pointee.value)

            // Paths
            case .beginPath: try beginPath(instruction)
            case .endPath: try endPath(instruction)
            case .getPath: try getPath()
            case .storePath: storePath(instruction)
            case .assignPlace: try assignPlace(instruction)
            case .assignPath:
                try assignPath(instruction)
                address = -1
            case .takePlace: try takePlace(instruction)
            case .putPlace: try putPlace(instruction)
            case .dropPlace: try dropPlace(instruction)
            case .takePath: try takePath(instruction)
            case .putPath:
                try putPath(instruction)
                address = -1
            case .dropPath:
                try dropPath(instruction)
                address = -1
            case .endModify: try endModify(instruction)

            // Functions
            case .call: address = try call(instruction, next: address)
            case .argument: throw .message("the program is damaged")
            case .callParameter: address = try callParameter(instruction, next: address, tracked: false)
            case .callTrackedParameter: address = try callParameter(instruction, next: address, tracked: true)
            case .callInlined:
                address = try enter(
                    instruction.a, link: frame(levels: instruction.b), next: address, isTail: instruction.flag)
            case .return: address = try leave()
            case .native: try callNative(instruction)
            case .output: return true
            }
        }
    }

    /// Takes up the newest fork; nil when there is none left.
    mutating func backtrack() throws(Fault) -> Int32? {
        while forkCount > 0 {
            let fork = forks + (forkCount - 1)
            truncate(fork.pointee.top)
            stack = fork.pointee.stack
            frame = fork.pointee.frame
            let address = fork.pointee.address
            switch fork.pointee.kind {
            case .plain:
                popFork()
                if address >= 0 { return address }
            case .attempt, .attemptEnd: popFork()
            case .each:
                try nextElement(fork)
                return address
            case .range:
                try nextNumber(fork)
                return address
            case .recurse:
                if try nextDescendant(fork) { return address }
                popFork()
            }
        }
        return nil
    }

    /// Finds who catches an error. Gives the place to continue at, negative for going back.
    private mutating func recover(from value: JSONValue) throws(Fault) -> Int32 {
        while forkCount > 0 {
            let fork = forks[forkCount - 1]
            switch fork.kind {
            case .attempt:
                truncate(fork.top)
                stack = fork.stack
                frame = fork.frame
                popFork()
                guard fork.address >= 0 else { return -1 }
                try replaceTop(value, depth: Int32(clamping: min(meter.nesting, 512)))
                return fork.address
            case .attemptEnd: dropForks(to: fork.position)
            default: popFork()
            }
        }
        throw .raised(value)
    }
}
