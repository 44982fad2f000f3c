@preconcurrency import COniguruma
import JSON

extension Native {
    static let regexBuiltins: [(String, Native)] = [
        (
            "test",
            .one { (value, regex, meter) throws(Fault) in
                let (source, flags) = try expression(regex)
                return .bool(try Matching(value, source, flags, &meter).isMatch(&meter))
            }
        ),
        (
            "test",
            .two { (value, regex, flags, meter) throws(Fault) in
                .bool(try Matching(value, regex, flags, &meter).isMatch(&meter))
            }
        ),
        (
            "_match",
            .one { (value, regex, meter) throws(Fault) in
                let (source, flags) = try expression(regex)
                return .array(try Matching(value, source, flags, &meter).matches(&meter))
            }
        ),
        (
            "_match",
            .two { (value, regex, flags, meter) throws(Fault) in
                .array(try Matching(value, regex, flags, &meter).matches(&meter))
            }
        ),
        (
            "_scan",
            .two { (value, regex, flags, meter) throws(Fault) in
                .array(try Matching(value, regex, flags, &meter, global: true).texts(&meter))
            }
        ),
        (
            "split",
            .two { (value, regex, flags, meter) throws(Fault) in
                .array(try Matching(value, regex, flags, &meter, global: true).pieces(&meter))
            }
        ),
    ]

    /// A pattern, or an array of a pattern and its flags.
    private static func expression(_ value: JSONValue) throws(Fault) -> (JSONValue, JSONValue) {
        switch value {
        case .string: return (value, .null)
        case .array(let parts) where !parts.isEmpty: return (parts[0], parts.count > 1 ? parts[1] : .null)
        default: throw .message("\(value.typeName) not a string or array")
        }
    }

    /// The named groups of a match as an object.
    static func captureObject(_ match: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        guard case .array(let captures)? = match["captures"] else { return .object([:]) }
        try meter.charge(elements: captures.count * 3)
        var object = JSONObject()
        for capture in captures {
            if case .string(let name)? = capture["name"] { object[name] = capture["string"] ?? .null }
        }
        return .object(object)
    }

    /// Replaces matches by what was made for each. Several replacements of a match give several texts, the first of
    /// each for the first text, and so on.
    static func splice(
        _ value: JSONValue, _ edits: JSONValue, _ inserts: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard case .string(let text) = value, case .array(let edits) = edits, case .array(let inserts) = inserts else {
            return .array([value])
        }
        let scalars = Array(text.unicodeScalars)
        try meter.charge(elements: scalars.count >> 2)
        var results: [String.UnicodeScalarView] = []
        var previous = 0
        for (edit, insert) in zip(edits, inserts) {
            let offset = edit["offset"]?.intValue ?? 0
            guard case .array(let texts) = insert else { continue }
            try meter.charge(steps: texts.count)
            for (place, text) in texts.enumerated() {
                guard case .string(let replacement) = text else {
                    throw Arithmetic.typeError(value, text, "cannot be added")
                }
                if place == results.count { results.append(String.UnicodeScalarView()) }
                results[place].append(contentsOf: scalars[previous..<offset])
                results[place].append(contentsOf: replacement.unicodeScalars)
                try meter.charge(text: offset - previous + replacement.utf8.count)
            }
            previous = offset + (edit["length"]?.intValue ?? 0)
        }
        if results.isEmpty { return .array([value]) }
        return .array(
            results.map { text in
                var text = text
                text.append(contentsOf: scalars[previous...])
                return .string(String(text))
            })
    }
}

/// One text, one expression, and the ways to look at what matches.
struct Matching {
    private let text: String
    private let regex: Regex
    private let isGlobal: Bool

    init(
        _ value: JSONValue, _ source: JSONValue, _ flags: JSONValue, _ meter: inout Meter, global: Bool = false
    ) throws(Fault) {
        guard case .string(let text) = value else {
            throw .message("\(ErrorText.full(value)) cannot be matched, as it is not a string")
        }
        guard case .string(let pattern) = source else {
            throw .message("\(ErrorText.full(source)) cannot be matched, as it is not a string")
        }
        var options = ONIG_OPTION_CAPTURE_GROUP
        var isGlobal = global
        switch flags {
        case .null: break
        case .string(let letters):
            for letter in letters.unicodeScalars {
                switch letter {
                case "g": isGlobal = true
                case "i": options |= ONIG_OPTION_IGNORECASE
                case "x": options |= ONIG_OPTION_EXTEND
                case "m": options |= ONIG_OPTION_MULTILINE
                case "s": options |= ONIG_OPTION_SINGLELINE
                case "p": options |= ONIG_OPTION_MULTILINE | ONIG_OPTION_SINGLELINE
                case "l": options |= ONIG_OPTION_FIND_LONGEST
                case "n": options |= ONIG_OPTION_FIND_NOT_EMPTY
                default: throw .message("\(letters) is not a valid modifier string")
                }
            }
        default: throw .message("\(ErrorText.full(flags)) is not a string")
        }
        self.text = text
        self.isGlobal = isGlobal
        regex = try meter.regexes.regex(pattern, options: options)
    }

    /// Calls the body with the region of each match, and with the bytes, until it says false.
    private func forEach(
        _ meter: inout Meter,
        _ body: (OnigRegion, UnsafeBufferPointer<UInt8>, inout Meter) throws(Fault) -> Bool
    ) throws(Fault) {
        guard let region = onig_region_new() else { throw .exhausted(.memory) }
        defer { onig_region_free(region, 1) }
        var text = text
        var fault: Fault?
        text.withUTF8 { bytes in
            do throws(Fault) {
                var start = 0
                repeat {
                    guard try regex.search(bytes, from: start, region, &meter) else { return }
                    if try !body(region.pointee, bytes, &meter) { return }
                    start = Int(region.pointee.end[0])
                    if region.pointee.beg[0] == region.pointee.end[0] {
                        start += 1
                        while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
                    }
                } while isGlobal && start <= bytes.count
            } catch { fault = error }
        }
        if let fault { throw fault }
    }

    func isMatch(_ meter: inout Meter) throws(Fault) -> Bool {
        var found = false
        try forEach(&meter) { (_, _, _) throws(Fault) in
            found = true
            return false
        }
        return found
    }

    /// Match objects: offset, length and text of the match and of its groups.
    func matches(_ meter: inout Meter) throws(Fault) -> [JSONValue] {
        var matches: [JSONValue] = []
        var counter = ScalarCounter()
        let names = regex.names
        try forEach(&meter) { (region, bytes, meter) throws(Fault) in
            try meter.charge(elements: 12 + names.count * 14)
            let (first, last) = (Int(region.beg[0]), Int(region.end[0]))
            try meter.charge(text: last - first)
            var captures: [JSONValue] = []
            captures.reserveCapacity(names.count)
            for (place, name) in names.enumerated() {
                let (start, end) = (Int(region.beg[place + 1]), Int(region.end[place + 1]))
                let nameValue: JSONValue = name.map { .string($0) } ?? .null
                if start < 0 {
                    captures.append(part(-1, 0, .null, ("name", nameValue)))
                    continue
                }
                try meter.charge(text: end - start)
                try meter.charge(steps: abs(start - counter.byte) >> 3)
                captures.append(
                    part(
                        counter.scalars(before: first == last ? first : start, in: bytes),
                        ScalarCounter.count(bytes[start..<end]),
                        .string(String(decoding: bytes[start..<end], as: UTF8.self)), ("name", nameValue)))
            }
            try meter.charge(steps: abs(last - counter.byte) >> 3)
            matches.append(
                part(
                    counter.scalars(before: first, in: bytes), ScalarCounter.count(bytes[first..<last]),
                    .string(String(decoding: bytes[first..<last], as: UTF8.self)), ("captures", .array(captures))))
            return true
        }
        return matches
    }

    private func part(_ offset: Int, _ length: Int, _ text: JSONValue, _ last: (String, JSONValue)) -> JSONValue {
        .object(
            JSONObject(distinctMembers: [
                ("offset", JSONValue(offset)), ("length", JSONValue(length)), ("string", text), last,
            ]))
    }

    /// The text of each match, or the texts of its groups when it has groups.
    func texts(_ meter: inout Meter) throws(Fault) -> [JSONValue] {
        var texts: [JSONValue] = []
        let groups = regex.names.count
        try forEach(&meter) { (region, bytes, meter) throws(Fault) in
            try meter.charge(elements: 2 + groups * 2)
            func text(_ group: Int) throws(Fault) -> JSONValue {
                let (start, end) = (Int(region.beg[group]), Int(region.end[group]))
                if start < 0 { return .null }
                try meter.charge(text: end - start)
                return .string(String(decoding: bytes[start..<end], as: UTF8.self))
            }
            if groups == 0 {
                texts.append(try text(0))
            } else {
                var captures: [JSONValue] = []
                for group in 1...groups { captures.append(try text(group)) }
                texts.append(.array(captures))
            }
            return true
        }
        return texts
    }

    /// What lies between the matches.
    func pieces(_ meter: inout Meter) throws(Fault) -> [JSONValue] {
        var pieces: [JSONValue] = []
        var previous = 0
        try forEach(&meter) { (region, bytes, meter) throws(Fault) in
            let start = max(Int(region.beg[0]), previous)
            try meter.charge(elements: 2)
            try meter.charge(text: start - previous)
            pieces.append(.string(String(decoding: bytes[previous..<start], as: UTF8.self)))
            previous = Int(region.end[0])
            return true
        }
        pieces.append(.string(String(decoding: Array(text.utf8)[previous...], as: UTF8.self)))
        return pieces
    }
}

/// Turns growing byte offsets into scalar offsets without counting from the front each time.
private struct ScalarCounter {
    private(set) var byte = 0
    private var scalars = 0

    mutating func scalars(before offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        if offset < byte { (byte, scalars) = (0, 0) }
        scalars += Self.count(bytes[byte..<offset])
        byte = offset
        return scalars
    }

    static func count(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
