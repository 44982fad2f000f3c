import JSON

/// A place on the machine's stack. Values, variables and the headers of frames all live in it.
struct Entry {
    var value: JSONValue
    /// Set while the value's path is being followed.
    var path: PathNode?
    /// For a value: the entry below it, -1 at the bottom. For a parameter: the function.
    var link: Int32
    /// For a value: an upper bound of how deeply it is nested. For a parameter: the frame it belongs to.
    var depth: Int32

    /// Moves the value out, so that it can change in place.
    @inline(__always)
    mutating func take() -> JSONValue {
        var taken = JSONValue.null
        swap(&taken, &value)
        return taken
    }
}

/// The layout of a frame: two header entries, then the slots.
enum Frame {
    /// link = where to return to, depth = the caller's frame
    static let returnEntry: Int32 = 0
    /// link = the frame of the enclosing function, depth = calls above this one
    static let staticEntry: Int32 = 1
    static let headerSize: Int32 = 2
}

/// A point to come back to when there is nothing more to be had further on.
///
/// Whatever lies on the stack below `top` when a fork is made stays as it is until the fork is gone: it is copied, not
/// moved, when it is taken.
struct Fork {
    enum Kind: UInt8 {
        /// continue at `address`
        case plain
        /// the start of a try: nothing on the way back, a handler on errors
        case attempt
        /// the end of a try whose body can give more: errors from here on are not its own
        case attemptEnd
        /// the next value of the array or object on top
        case each
        /// the next number
        case range
        /// the next value of `walker`
        case recurse
    }

    var kind: Kind
    /// Where to continue, for iterators: with the next value. Negative: nowhere.
    var address: Int32
    var stack: Int32
    var frame: Int32
    var top: Int32
    /// each: the next position; attemptEnd: the fork of its start
    var position: Int = 0
    /// range: next, end and step
    var next: Double = 0
    var end: Double = 0
    var step: Double = 0
    var walker: Walker?
}
