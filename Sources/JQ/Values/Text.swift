import JSON

/// What jq does with strings: lengths and positions count Unicode scalars.
enum Text {
    static func length(_ text: String, _ meter: inout Meter) throws(Fault) -> Int {
        try meter.charge(steps: text.utf8.count >> 5)
        return scalarCount(text)
    }

    static func scalarCount(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
            return count
        }
    }

    static func slice(_ text: String, _ range: Range<Int>, _ meter: inout Meter) throws(Fault) -> String {
        let scalars = text.unicodeScalars
        if range.isEmpty { return "" }
        let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
        let end = scalars.index(start, offsetBy: range.count)
        let piece = String(scalars[start..<end])
        try meter.charge(text: piece.utf8.count)
        return piece
    }

    static func repeated(_ text: String, _ count: Double, _ meter: inout Meter) throws(Fault) -> JSONValue {
        if count < 0 || count.isNaN { return .null }
        let times = Int(min(count, 2_147_483_647))
        let total = text.utf8.count * times
        if total == 0 { return .string("") }
        if total >= 2_147_483_639 { throw .message("Repeat string result too long") }
        if total > meter.memoryBytes { throw .exhausted(.memory) }
        try meter.charge(text: total)
        return .string(copies(of: text, times, bytes: total))
    }

    /// `String(repeating:count:)` appends piece by piece; this doubles what is there.
    private static func copies(of text: String, _ times: Int, bytes total: Int) -> String {
        var text = text
        return text.withUTF8 { piece in
            String(unsafeUninitializedCapacity: total) { buffer in
                guard let start = buffer.baseAddress, let source = piece.baseAddress else { return 0 }
                start.update(from: source, count: piece.count)
                var filled = piece.count
                while filled < total {
                    let count = min(filled, total - filled)
                    (start + filled).update(from: start, count: count)
                    filled += count
                }
                return total
            }
        }
    }

    static func split(_ text: String, _ separator: String, _ meter: inout Meter) throws(Fault) -> JSONValue {
        try meter.charge(text: text.utf8.count)
        if text.isEmpty { return .array([]) }
        var pieces: [JSONValue] = []
        if separator.isEmpty {
            try meter.charge(elements: scalarCount(text))
            for scalar in text.unicodeScalars { pieces.append(.string(String(scalar))) }
            return .array(pieces)
        }
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for position in find(separator, in: bytes, overlapping: false) {
                pieces.append(.string(String(decoding: bytes[start..<position], as: UTF8.self)))
                start = position + separator.utf8.count
            }
            pieces.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        }
        try meter.charge(elements: pieces.count * 2)
        return .array(pieces)
    }

    /// The byte offsets at which the needle, which is not empty, begins. Linear in both, whatever they contain.
    static func find(_ needle: String, in bytes: UnsafeBufferPointer<UInt8>, overlapping: Bool) -> [Int] {
        var needle = needle
        return needle.withUTF8 { needle in
            if bytes.count < needle.count { return [] }
            if needle.count == 1 { return bytes.indices.filter { bytes[$0] == needle[0] } }
            let fallback = borders(of: needle)
            var found: [Int] = []
            var matched = 0
            for position in bytes.indices {
                while matched > 0, bytes[position] != needle[matched] { matched = fallback[matched - 1] }
                if bytes[position] == needle[matched] { matched += 1 }
                if matched == needle.count {
                    found.append(position + 1 - matched)
                    matched = overlapping ? fallback[matched - 1] : 0
                }
            }
            return found
        }
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        var text = text
        return text.withUTF8 { !find(part, in: $0, overlapping: false).isEmpty }
    }

    /// For each prefix the length of its longest proper border (Knuth, Morris, Pratt).
    private static func borders(of needle: UnsafeBufferPointer<UInt8>) -> [Int] {
        var borders = [Int](repeating: 0, count: needle.count)
        var length = 0
        for position in 1..<needle.count {
            while length > 0, needle[position] != needle[length] { length = borders[length - 1] }
            if needle[position] == needle[length] { length += 1 }
            borders[position] = length
        }
        return borders
    }

    /// Where `wanted` begins in the text, in scalars; overlapping places count.
    static func indices(of wanted: String, in text: String, _ meter: inout Meter) throws(Fault) -> [JSONValue] {
        if wanted.isEmpty { return [] }
        try meter.charge(steps: (text.utf8.count + wanted.utf8.count) >> 3)
        var text = text
        let result = text.withUTF8 { bytes in
            var result: [JSONValue] = []
            var scalars = 0
            var position = 0
            for offset in find(wanted, in: bytes, overlapping: true) {
                while position < offset {
                    if bytes[position] & 0xC0 != 0x80 { scalars += 1 }
                    position += 1
                }
                result.append(JSONValue(scalars))
            }
            return result
        }
        try meter.charge(elements: result.count)
        return result
    }

    /// Where `wanted` begins in the array.
    static func indices(
        of wanted: [JSONValue], in elements: [JSONValue], _ meter: inout Meter
    ) throws(Fault) -> [JSONValue] {
        guard let first = wanted.first, wanted.count <= elements.count else { return [] }
        var result: [JSONValue] = []
        for start in 0...(elements.count - wanted.count) {
            try meter.charge(steps: 1)
            guard try Ordering.equal(elements[start], first, &meter) else { continue }
            var matches = true
            for offset in 1..<max(wanted.count, 1) {
                try meter.charge(steps: 1)
                if try !Ordering.equal(elements[start + offset], wanted[offset], &meter) {
                    matches = false
                    break
                }
            }
            if matches { result.append(JSONValue(start)) }
        }
        try meter.charge(elements: result.count)
        return result
    }
}
