/// A stack whose top can be moved out in one piece into an array of exactly its size. `Array` would copy and release
/// each element for that.
struct RawStack<Element>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    @inline(__always)
    mutating func push(_ element: consuming Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count &+= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }

    /// Takes the top off an element that owns nothing.
    @inline(__always)
    mutating func drop() { count &-= 1 }

    /// Moves everything above `floor` into an array of its own.
    @inline(__always)
    mutating func popAll(above floor: Int) -> [Element] {
        // Not `init(unsafeUninitializedCapacity:)`, which the compiler does not specialise: it would look up the
        // array's metadata each time.
        var array: [Element] = []
        array.reserveCapacity(count &- floor)
        for place in floor..<count { array.append((base + place).move()) }
        count = floor
        return array
    }
}
