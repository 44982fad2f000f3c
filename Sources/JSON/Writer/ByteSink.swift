/// Where the writer puts its bytes. An array would check its ownership and its capacity at each of them.
struct ByteSink: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    /// Makes room for more bytes.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        grown.moveInitialize(from: base, count: count)
        base.deallocate()
        base = grown
        capacity = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
        reserve(length)
        (base + count).update(from: start, count: length)
        count &+= length
    }

    @inline(__always)
    mutating func append(word: StaticString) {
        append(word.utf8Start, word.utf8CodeUnitCount)
    }

    mutating func append(text: String) {
        for unit in text.utf8 { append(unit) }
    }

    mutating func append(_ byte: UInt8, times: Int) {
        for _ in 0..<times { append(byte) }
    }

    mutating func append(integer value: Int64) {
        reserve(20)
        if value < 0 { append(Ascii.minus) }
        var rest = value.magnitude  // at most 2^63, which has 19 digits
        var length = 1
        var bound: UInt64 = 10
        while length < 19, rest >= bound {
            length &+= 1
            bound &*= 10
        }
        var place = length
        while place > 0 {
            place &-= 1
            let quotient = rest / 10
            base[count &+ place] = Ascii.zero &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
            rest = quotient
        }
        count &+= length
    }
}
