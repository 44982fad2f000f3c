import JSON

/// Runs a compiled program on one input.
///
/// Everything lives on the machine's own stack in the heap: neither generators nor recursion of the program use the
/// stack of the thread. A generator leaves a ``Fork``; when the program goes back, the newest fork restores the stack,
/// the frame and the place, and gives its next value. Memory is reclaimed on the way back, on return and by tail calls.
struct Machine: ~Copyable {
    let code: Code
    let globals: [JSONValue]
    var meter: Meter

    // The stack
    var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int32
    /// The next free entry.
    var top: Int32 = 0
    /// The topmost value, -1 when there is none.
    var stack: Int32 = -1
    /// The current frame.
    var frame: Int32 = 0
    /// Entries below this belong to a fork as well.
    var guardTop: Int32 = 0

    // The forks
    var forks: UnsafeMutablePointer<Fork>
    private var forkCapacity: Int
    var forkCount = 0

    /// The arguments of the call in progress: closures, and values, the last one first.
    let arguments: UnsafeMutablePointer<Argument>
    let values: UnsafeMutablePointer<Entry>
    /// The results so far, when they are collected here.
    var results: [JSONValue] = []
    var isStarted = false
    var hasOutput = false
    var outputsLeft: Int
    var outputBytesLeft: Int
    let depthLimit: Int32
    /// Marks a value whose path is asked for but that was computed: it has none.
    let poison = PathNode()

    init(code: Code, input: JSONValue, globals: [JSONValue], budget: JQBudget) {
        self.code = code
        self.globals = globals
        meter = Meter(budget, regexes: code.regexes)
        depthLimit = Int32(clamping: budget.depth)
        outputsLeft = budget.outputs
        outputBytesLeft = budget.outputBytes
        let slots = code.functions[0].slotCount
        capacity = 64 + slots
        entries = .allocate(capacity: Int(capacity))
        forkCapacity = 8
        forks = .allocate(capacity: forkCapacity)
        arguments = .allocate(capacity: max(code.maximumParameterCount, 1))
        values = .allocate(capacity: max(code.maximumParameterCount, 1))
        for _ in 0..<(Frame.headerSize + slots) {
            (entries + Int(top)).initialize(to: Entry(value: .null, path: nil, link: -1, depth: 0))
            top += 1
        }
        (entries + Int(top)).initialize(
            to: Entry(value: input, path: nil, link: -1, depth: Int32(clamping: min(budget.nesting, 512))))
        stack = top
        top += 1
    }

    deinit {
        (entries).deinitialize(count: Int(top))
        entries.deallocate()
        forks.deinitialize(count: forkCount)
        forks.deallocate()
        arguments.deallocate()
        values.deallocate()
    }

    // MARK: - The stack

    @inline(__always)
    mutating func push(_ value: consuming JSONValue, path: PathNode?, depth: Int32) throws(Fault) {
        if top == capacity { try grow(by: 1) }
        (entries + Int(top)).initialize(to: Entry(value: value, path: path, link: stack, depth: depth))
        stack = top
        top &+= 1
    }

    /// Takes the top off. It is copied when a fork still needs it.
    @inline(__always)
    mutating func pop() -> Entry {
        let place = entries + Int(stack)
        let index = stack
        stack = place.pointee.link
        guard index >= guardTop else { return place.pointee }
        if index &+ 1 == top {
            top = index
            return place.move()
        }
        let entry = place.move()
        place.initialize(to: Entry(value: .null, path: nil, link: -1, depth: 0))
        return entry
    }

    @inline(__always)
    mutating func drop() {
        let index = stack
        stack = entries[Int(index)].link
        if index >= guardTop, index &+ 1 == top {
            (entries + Int(index)).deinitialize(count: 1)
            top = index
        }
    }

    /// Replaces the top by a computed value: one without a path.
    @inline(__always)
    mutating func replaceTop(_ value: consuming JSONValue, depth: Int32) throws(Fault) {
        let place = entries + Int(stack)
        if stack >= guardTop {
            place.pointee.value = value
            place.pointee.depth = depth
            if place.pointee.path != nil { place.pointee.path = poison }
        } else {
            let path = place.pointee.path == nil ? nil : poison
            stack = place.pointee.link
            try push(value, path: path, depth: depth)
        }
    }

    /// Replaces the top by a value that was reached from it.
    @inline(__always)
    mutating func replaceTop(_ value: consuming JSONValue, path: PathNode?, depth: Int32) throws(Fault) {
        let place = entries + Int(stack)
        if stack >= guardTop {
            place.pointee.value = value
            place.pointee.depth = depth
            if path != nil || place.pointee.path != nil { place.pointee.path = path }
        } else {
            stack = place.pointee.link
            try push(value, path: path, depth: depth)
        }
    }

    /// Takes the value of the top for a change in place, leaving null there; the entry stays.
    @inline(__always)
    mutating func takeTopValue() -> JSONValue {
        let place = entries + Int(stack)
        guard stack >= guardTop else { return place.pointee.value }
        var value = JSONValue.null
        swap(&value, &place.pointee.value)
        return value
    }

    @inline(__always)
    var dot: UnsafeMutablePointer<Entry> { entries + Int(stack) }

    @inline(__always)
    func slot(_ number: Int32, levels: Int32 = 0) -> UnsafeMutablePointer<Entry> {
        var place = frame
        var left = levels
        while left > 0 {
            place = entries[Int(place &+ Frame.staticEntry)].link
            left &-= 1
        }
        return entries + Int(place &+ Frame.headerSize &+ number)
    }

    func frame(levels: Int32) -> Int32 {
        var place = frame
        for _ in 0..<levels { place = entries[Int(place + Frame.staticEntry)].link }
        return place
    }

    @inline(never)
    mutating func grow(by needed: Int32) throws(Fault) {
        var newCapacity = capacity
        while newCapacity < top + needed {
            newCapacity = newCapacity &* 2
            if Int(newCapacity) * MemoryLayout<Entry>.stride > meter.memoryBytes || newCapacity > 1 << 29 {
                throw .exhausted(.memory)
            }
        }
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: Int(newCapacity))
        larger.moveInitialize(from: entries, count: Int(top))
        entries.deallocate()
        entries = larger
        capacity = newCapacity
    }

    @inline(__always)
    mutating func reserve(_ count: Int32) throws(Fault) {
        if capacity &- top < count { try grow(by: count) }
    }

    /// Forgets everything on the stack from `newTop` on.
    @inline(__always)
    mutating func truncate(_ newTop: Int32) {
        if top > newTop {
            (entries + Int(newTop)).deinitialize(count: Int(top &- newTop))
            top = newTop
        }
    }

    // MARK: - Forks

    @inline(__always)
    mutating func pushFork(_ kind: Fork.Kind, address: Int32) throws(Fault) {
        if forkCount == forkCapacity { try growForks() }
        (forks + forkCount).initialize(
            to: Fork(kind: kind, address: address, stack: stack, frame: frame, top: top))
        forkCount &+= 1
        guardTop = top
    }

    @inline(__always)
    mutating func popFork() {
        forkCount &-= 1
        (forks + forkCount).deinitialize(count: 1)
        guardTop = forkCount > 0 ? forks[forkCount &- 1].top : 0
    }

    /// Drops the forks from number `count` on.
    mutating func dropForks(to count: Int) {
        guard forkCount > count else { return }
        (forks + count).deinitialize(count: forkCount - count)
        forkCount = count
        guardTop = forkCount > 0 ? forks[forkCount - 1].top : 0
    }

    @inline(never)
    private mutating func growForks() throws(Fault) {
        let newCapacity = forkCapacity * 2
        if newCapacity * MemoryLayout<Fork>.stride > meter.memoryBytes { throw .exhausted(.memory) }
        let larger = UnsafeMutablePointer<Fork>.allocate(capacity: newCapacity)
        larger.moveInitialize(from: forks, count: forkCount)
        forks.deallocate()
        forks = larger
        forkCapacity = newCapacity
    }
}
