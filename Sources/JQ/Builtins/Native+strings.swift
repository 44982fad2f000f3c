import JSON

extension Native {
    static let stringBuiltins: [(String, Native)] = [
        (
            "startswith",
            .one { (value, prefix, _) throws(Fault) in
                guard case .string(let text) = value, case .string(let start) = prefix else {
                    throw .message("startswith() requires string inputs")
                }
                return .bool(text.utf8.starts(with: start.utf8))
            }
        ),
        (
            "endswith",
            .one { (value, suffix, _) throws(Fault) in
                guard case .string(let text) = value, case .string(let end) = suffix else {
                    throw .message("endswith() requires string inputs")
                }
                return .bool(hasSuffix(text, end))
            }
        ),
        ("ltrimstr", .one { (value, prefix, meter) throws(Fault) in try trimmed(value, prefix, left: true, &meter) }),
        ("rtrimstr", .one { (value, suffix, meter) throws(Fault) in try trimmed(value, suffix, left: false, &meter) }),
        (
            "trimstr",
            .one { (value, part, meter) throws(Fault) in
                try trimmed(try trimmed(value, part, left: true, &meter), part, left: false, &meter)
            }
        ),
        ("trim", .zero { (value, meter) throws(Fault) in try trim(value, &meter, Trim.both) }),
        ("ltrim", .zero { (value, meter) throws(Fault) in try trim(value, &meter, Trim.left) }),
        ("rtrim", .zero { (value, meter) throws(Fault) in try trim(value, &meter, Trim.right) }),
        (
            "split",
            .one { (value, separator, meter) throws(Fault) in
                guard case .string(let text) = value, case .string(let separator) = separator else {
                    throw .message("split input and separator must be strings")
                }
                return try Text.split(text, separator, &meter)
            }
        ),
        ("join", .one { (value, separator, meter) throws(Fault) in try join(value, separator, &meter) }),
        (
            "explode",
            .zero { (value, meter) throws(Fault) in
                guard case .string(let text) = value else {
                    throw .message("explode input must be a string")
                }
                try meter.charge(elements: text.utf8.count)
                return .array(text.unicodeScalars.map { JSONValue(Int($0.value)) })
            }
        ),
        ("implode", .zero { (value, meter) throws(Fault) in try implode(value, &meter) }),
        (
            "ascii_downcase",
            .zero { (value, meter) throws(Fault) in
                try mapBytes(value, &meter, "ascii_downcase") { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
            }
        ),
        (
            "ascii_upcase",
            .zero { (value, meter) throws(Fault) in
                try mapBytes(value, &meter, "ascii_upcase") { $0 &- 97 < 26 ? $0 & 0xDF : $0 }
            }
        ),
        (
            "ascii",
            .zero { (value, _) throws(Fault) in
                guard case .number(let code) = value, code.double >= 0, code.double < 128 else {
                    throw .message("\(ErrorText.full(value)) is not an ASCII code")
                }
                return .string(String(Unicode.Scalar(UInt8(code.double))))
            }
        ),
        (
            "_strindices",
            .one { (value, wanted, meter) throws(Fault) in
                guard case .string(let text) = value else {
                    throw .message("\(ErrorText.full(value)) cannot be searched, as it is not a string")
                }
                guard case .string(let part) = wanted else {
                    throw .message("\(ErrorText.full(wanted)) is not a string")
                }
                return .array(try Text.indices(of: part, in: text, &meter))
            }
        ),
        ("indices", .one { (value, wanted, meter) throws(Fault) in try indices(value, wanted, &meter) }),
        (
            "index",
            .one { (value, wanted, meter) throws(Fault) in
                try edge(try indices(value, wanted, &meter), last: false, &meter)
            }
        ),
        (
            "rindex",
            .one { (value, wanted, meter) throws(Fault) in
                try edge(try indices(value, wanted, &meter), last: true, &meter)
            }
        ),
    ]

    private static func hasSuffix(_ text: String, _ end: String) -> Bool {
        text.utf8.count >= end.utf8.count && text.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
    }

    private static func trimmed(
        _ value: JSONValue, _ part: JSONValue, left: Bool, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard case .string(let text) = value, case .string(let part) = part else {
            throw .message("\(left ? "startswith" : "endswith")() requires string inputs")
        }
        guard left ? text.utf8.starts(with: part.utf8) : hasSuffix(text, part) else { return value }
        try meter.charge(text: text.utf8.count)
        let rest = left ? text.utf8.dropFirst(part.utf8.count) : text.utf8.dropLast(part.utf8.count)
        return .string(String(rest) ?? "")
    }

    private static func trim(
        _ value: JSONValue, _ meter: inout Meter, _ change: (String) -> String
    ) throws(Fault) -> JSONValue {
        guard case .string(let text) = value else { throw .message("trim input must be a string") }
        try meter.charge(text: text.utf8.count)
        return .string(change(text))
    }

    private static func mapBytes(
        _ value: JSONValue, _ meter: inout Meter, _ name: String, _ change: (UInt8) -> UInt8
    ) throws(Fault) -> JSONValue {
        guard case .string(let text) = value else {
            throw .message("\(name) input must be a string")
        }
        try meter.charge(text: text.utf8.count)
        return .string(String(decoding: text.utf8.map(change), as: UTF8.self))
    }

    private static func join(
        _ value: JSONValue, _ separator: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        let parts = try elements(value, &meter)
        if parts.isEmpty { return "" }
        if parts.count > 1, case .string = separator {
        } else if parts.count > 1 {
            throw Arithmetic.typeError("", separator, "cannot be added")
        }
        let between = separator.stringValue ?? ""
        var text = ""
        for (position, part) in parts.enumerated() {
            if position > 0 { text += between }
            switch part {
            case .null: break
            case .string(let piece): text += piece
            case .bool(let flag): text += flag ? "true" : "false"
            case .number(let number): text += NumberText.text(number)
            default: throw Arithmetic.typeError(.string(text), part, "cannot be added")
            }
            if text.utf8.count > meter.memoryBytes { throw .exhausted(.memory) }
        }
        try meter.charge(steps: parts.count)
        try meter.charge(text: text.utf8.count)
        return .string(text)
    }

    private static func implode(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        guard case .array(let codes) = value else { throw .message("implode input must be an array") }
        try meter.charge(text: codes.count * 4)
        var scalars = String.UnicodeScalarView()
        for code in codes {
            guard case .number(let number) = code, !number.double.isNaN else {
                throw .message(
                    "\(ErrorText.full(code)) can't be imploded, unicode codepoint needs to be numeric")
            }
            let point = UInt32(exactly: number.double.rounded(.towardZero))
            scalars.append(point.flatMap(Unicode.Scalar.init) ?? "\u{FFFD}")
        }
        return .string(String(scalars))
    }

    private static func indices(
        _ value: JSONValue, _ wanted: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        switch (value, wanted) {
        case (.string(let text), .string(let part)): return .array(try Text.indices(of: part, in: text, &meter))
        case (.array(let elements), .array(let part)): return .array(try Text.indices(of: part, in: elements, &meter))
        case (.array(let elements), _): return .array(try Text.indices(of: [wanted], in: elements, &meter))
        default: return try Access.get(value, wanted, &meter)
        }
    }

    private static func edge(_ list: JSONValue, last: Bool, _ meter: inout Meter) throws(Fault) -> JSONValue {
        guard case .array(let positions) = list else {
            return try Access.get(list, 0, &meter)
        }
        return (last ? positions.last : positions.first) ?? .null
    }
}

/// White space at the ends of strings, as Unicode defines it.
enum Trim {
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    static func left(_ text: String) -> String { String(text.unicodeScalars.drop(while: isBlank)) }

    static func right(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        return String(scalars)
    }

    static func both(_ text: String) -> String { right(left(text)) }
}
