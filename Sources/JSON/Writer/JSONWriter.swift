/// Writes one value. It does not recurse: arrays and objects that are begun wait in a list, so depth costs no stack.
struct JSONWriter: ~Copyable {
    private enum Parts {
        case elements([JSONValue])
        case members([JSONObject.Member])
    }

    private struct Frame {
        var parts: Parts
        /// How many parts are written.
        var written = 0
    }

    let style: JSONStyle
    private(set) var sink = ByteSink(capacity: 512)
    private var open: [Frame] = []

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ root: JSONValue) {
        if writeLeaf(root) { return }
        begin(root)
        while let frame = open.popLast() {
            switch frame.parts {
            case .elements(let elements): writeElements(elements, frame)
            case .members(let members): writeMembers(members, frame)
            }
        }
    }

    private mutating func writeElements(_ elements: [JSONValue], _ frame: Frame) {
        var place = frame.written
        while place < elements.count {
            separate(isFirst: place == 0)
            if !writeLeaf(elements[place]) {
                open.append(Frame(parts: frame.parts, written: place &+ 1))
                return begin(elements[place])
            }
            place &+= 1
        }
        end(Ascii.closeBracket)
    }

    private mutating func writeMembers(_ members: [JSONObject.Member], _ frame: Frame) {
        var place = frame.written
        while place < members.count {
            separate(isFirst: place == 0)
            sink.append(quoted: members[place].key)
            sink.append(Ascii.colon)
            if style == .pretty { sink.append(Ascii.space) }
            if !writeLeaf(members[place].value) {
                open.append(Frame(parts: frame.parts, written: place &+ 1))
                return begin(members[place].value)
            }
            place &+= 1
        }
        end(Ascii.closeBrace)
    }

    /// Writes what has no parts; false, with nothing written, for arrays and objects that have some.
    @inline(__always)
    private mutating func writeLeaf(_ value: JSONValue) -> Bool {
        switch value {
        case .null: sink.append(word: "null")
        case .bool(let value): sink.append(word: value ? "true" : "false")
        case .number(let number):
            if style == .canonical { number.writeCanonical(into: &sink) } else { number.write(into: &sink) }
        case .string(let string): sink.append(quoted: string)
        case .array(let elements):
            if !elements.isEmpty { return false }
            sink.append(word: "[]")
        case .object(let object):
            if !object.members.isEmpty { return false }
            sink.append(word: "{}")
        }
        return true
    }

    private mutating func begin(_ value: JSONValue) {
        switch value {
        case .array(let elements):
            sink.append(Ascii.openBracket)
            open.append(Frame(parts: .elements(elements)))
        case .object(let object):
            sink.append(Ascii.openBrace)
            let isSorted = style == .canonical
            open.append(Frame(parts: .members(isSorted ? Self.sorted(object.members) : object.members)))
        default: break
        }
    }

    private static func sorted(
        _ members: [JSONObject.Member]
    ) -> [JSONObject.Member] {
        (members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) })
    }

    @inline(__always)
    private mutating func separate(isFirst: Bool) {
        if !isFirst { sink.append(Ascii.comma) }
        if style == .pretty { startLine(open.count &+ 1) }
    }

    private mutating func end(_ bracket: UInt8) {
        if style == .pretty { startLine(open.count) }
        sink.append(bracket)
    }

    private mutating func startLine(_ level: Int) {
        sink.append(Ascii.newline)
        sink.append(Ascii.space, times: level * 2)
    }
}
