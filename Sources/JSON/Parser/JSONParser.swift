/// Reads one JSON document (RFC 8259) from memory.
///
/// It does not recurse: finished elements and members wait on two stacks until the bracket that closes them, and then
/// move into an array of exactly their number. Depth therefore costs no stack of the thread.
struct JSONParser: ~Copyable {
    struct Failure: Error {
        var code: JSONParseError.Code
        var offset: Int
    }

    /// An array or object that is open: where its elements or members begin on their stack.
    struct Frame {
        var floor: Int
        var isObject: Bool
    }

    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    let limits: JSONLimits
    var cursor: UnsafePointer<UInt8>
    var elements = RawStack<JSONValue>(capacity: 32)
    var members = RawStack<JSONObject.Member>(capacity: 32)
    var frames = RawStack<Frame>(capacity: 16)
    var keysLeft: Int
    var elementsLeft: Int
    var depthLeft: Int
    /// Something may follow the value: the cursor then stands behind it.
    var takesPrefix = false

    init(_ text: UnsafeBufferPointer<UInt8>, start: UnsafePointer<UInt8>, limits: JSONLimits) {
        self.start = start
        end = start + text.count
        cursor = start
        self.limits = limits
        keysLeft = limits.maximumKeys
        elementsLeft = limits.maximumElements
        depthLeft = min(limits.maximumDepth, JSONLimits.deepestNesting)
    }

    /// - Parameter text: the whole document.
    static func parse(_ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONParseError) -> JSONValue {
        guard text.count <= limits.maximumBytes else {
            throw JSONParseError(.tooManyBytes, at: limits.maximumBytes, in: text)
        }
        guard let start = text.baseAddress, !text.isEmpty else {
            throw JSONParseError(.unexpectedEnd, at: 0, in: text)
        }
        var parser = JSONParser(text, start: start, limits: limits)
        do throws(Failure) {
            return try parser.parseDocument()
        } catch {
            throw JSONParseError(error.code, at: error.offset, in: text)
        }
    }

    /// The value that begins at an offset, and the offset behind it. Nil when only white space is left.
    static func parseNext(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int, limits: JSONLimits
    ) throws(JSONParseError) -> (value: JSONValue, end: Int)? {
        guard let start = text.baseAddress else { return nil }
        var parser = JSONParser(text, start: start, limits: limits)
        parser.takesPrefix = true
        parser.cursor = start + offset
        parser.skipWhitespace()
        if parser.cursor == parser.end { return nil }
        let isBracketed = [Ascii.openBrace, Ascii.openBracket, Ascii.quote].contains(parser.cursor.pointee)
        do throws(Failure) {
            let value = try parser.parseDocument()
            // `1 2` are two values, `12true` is none.
            if !isBracketed, parser.cursor < parser.end, Ascii.continuesWord(parser.cursor.pointee) {
                throw parser.failure(.unexpectedCharacter)
            }
            return (value, parser.cursor - start)
        } catch {
            throw JSONParseError(error.code, at: error.offset, in: text)
        }
    }

    private mutating func parseDocument() throws(Failure) -> JSONValue {
        skipWhitespace()
        while true {
            let value: JSONValue
            let byte = try peek()
            switch byte {
            case Ascii.quote:
                cursor += 1
                value = .string(try parseString())
            case Ascii.openBrace:
                guard let empty = try openObject() else { continue }
                value = empty
            case Ascii.openBracket:
                guard let empty = try openArray() else { continue }
                value = empty
            default:
                value = try parseScalar(byte)
            }
            if let document = try place(value) { return document }
        }
    }

    /// Puts a finished value where it belongs, closing what ends with it. Returns the document when it is complete; nil
    /// with the cursor at the next value.
    @inline(__always)
    private mutating func place(_ finished: consuming JSONValue) throws(Failure) -> JSONValue? {
        var value = finished
        while frames.count > 0 {
            let frame = frames.base[frames.count &- 1]
            skipWhitespace()
            let byte = try peek()
            if frame.isObject {
                members.base[members.count &- 1].value = value
                if byte == Ascii.comma {
                    cursor += 1
                    skipWhitespace()
                    try parseKey()
                    return nil
                }
                guard byte == Ascii.closeBrace else { throw failure(.unexpectedCharacter) }
                cursor += 1
                value = try closeObject(floor: frame.floor)
            } else {
                elements.push(value)
                if byte == Ascii.comma {
                    elementsLeft &-= 1
                    if elementsLeft < 0 { throw failure(.tooManyElements) }
                    cursor += 1
                    skipWhitespace()
                    return nil
                }
                guard byte == Ascii.closeBracket else { throw failure(.unexpectedCharacter) }
                cursor += 1
                value = closeArray(floor: frame.floor)
            }
        }
        if takesPrefix { return value }
        skipWhitespace()
        if cursor != end { throw failure(.trailingContent) }
        return value
    }
}

extension JSONParser {
    /// Enters an object up to its first value; returns the object when it is empty.
    private mutating func openObject() throws(Failure) -> JSONValue? {
        try open(isObject: true, floor: members.count)
        if try peek() == Ascii.closeBrace {
            cursor += 1
            leave()
            return .object(JSONObject())
        }
        try parseKey()
        return nil
    }

    private mutating func openArray() throws(Failure) -> JSONValue? {
        try open(isObject: false, floor: elements.count)
        if try peek() == Ascii.closeBracket {
            cursor += 1
            leave()
            return .array([])
        }
        return nil
    }

    @inline(__always)
    private mutating func open(isObject: Bool, floor: Int) throws(Failure) {
        if depthLeft <= 0 { throw failure(.tooDeep) }
        depthLeft &-= 1
        cursor += 1
        frames.push(Frame(floor: floor, isObject: isObject))
        skipWhitespace()
    }

    @inline(__always)
    private mutating func leave() {
        depthLeft &+= 1
        frames.drop()
    }

    private mutating func closeArray(floor: Int) -> JSONValue {
        leave()
        return .array(elements.popAll(above: floor))
    }

    private mutating func closeObject(floor: Int) throws(Failure) -> JSONValue {
        leave()
        let closed = members.popAll(above: floor)
        if let object = JSONObject(distinct: closed) { return .object(object) }
        if limits.rejectDuplicateKeys { throw failure(.duplicateKey) }
        return .object(JSONObject(uniqueKeysWithValues: closed.lazy.map { ($0.key, $0.value) }))
    }

    /// Reads `"key":` and starts a member, with the cursor at its value.
    @inline(__always)
    private mutating func parseKey() throws(Failure) {
        if keysLeft <= 0 { throw failure(.tooManyKeys) }
        keysLeft &-= 1
        guard try peek() == Ascii.quote else { throw failure(.unexpectedCharacter) }
        cursor += 1
        let key = try parseString()
        skipWhitespace()
        guard try peek() == Ascii.colon else { throw failure(.unexpectedCharacter) }
        cursor += 1
        skipWhitespace()
        members.push(JSONObject.Member(key: key, value: .null))
    }

    private mutating func parseScalar(_ byte: UInt8) throws(Failure) -> JSONValue {
        switch byte {
        case Ascii.minus, Ascii.zero...Ascii.nine: return .number(try parseNumber())
        case Ascii.lowerT:
            try expect("true")
            return .bool(true)
        case Ascii.lowerF:
            try expect("false")
            return .bool(false)
        case Ascii.lowerN:
            try expect("null")
            return .null
        default: throw failure(.unexpectedCharacter)
        }
    }

    private mutating func parseNumber() throws(Failure) -> JSONNumber {
        var scanner = NumberScanner(at: cursor, end: end)
        let number = scanner.scan()
        let length = scanner.cursor - cursor
        if length > limits.maximumNumberBytes { throw failure(.numberTooLong) }
        cursor = scanner.cursor
        guard let number else { throw failure(cursor == end ? .unexpectedEnd : .invalidNumber) }
        return number
    }

    private mutating func expect(_ word: StaticString) throws(Failure) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[offset] else { throw failure(.unexpectedCharacter) }
            cursor += 1
        }
    }

    @inline(__always)
    func peek() throws(Failure) -> UInt8 {
        if cursor >= end { throw failure(.unexpectedEnd) }
        return cursor.pointee
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while cursor < end {
            let byte = cursor.pointee
            if byte > Ascii.space { return }
            switch byte {
            case Ascii.space, Ascii.newline, Ascii.carriageReturn, Ascii.tab: cursor += 1
            default: return
            }
        }
    }

    func failure(_ code: JSONParseError.Code) -> Failure { failure(code, at: cursor) }

    func failure(_ code: JSONParseError.Code, at place: UnsafePointer<UInt8>) -> Failure {
        Failure(code: code, offset: place - start)
    }
}
