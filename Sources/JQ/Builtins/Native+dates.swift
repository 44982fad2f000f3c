import JSON

/// Dates and times. Local time is UTC: a program gives the same result on every machine.
extension Native {
    static let dateBuiltins: [(String, Native)] = [
        (
            "mktime",
            .zero { (value, _) throws(Fault) in
                guard case .array(let fields) = value else { throw .message("mktime requires array inputs") }
                return JSONValue(try civilTime(fields, "mktime").secondsSince1970)
            }
        ),
        ("gmtime", .zero { (value, _) throws(Fault) in try brokenDown(value, "gmtime") }),
        ("localtime", .zero { (value, _) throws(Fault) in try brokenDown(value, "localtime") }),
        (
            "strftime",
            .one { (value, format, meter) throws(Fault) in
                try formatted(value, format, "strftime/1", &meter)
            }
        ),
        (
            "strflocaltime",
            .one { (value, format, meter) throws(Fault) in
                try formatted(value, format, "strflocaltime/1", &meter)
            }
        ),
        (
            "strptime",
            .one { (value, format, meter) throws(Fault) in
                guard case .string(let text) = value, case .string(let pattern) = format else {
                    throw .message("strptime/1 requires string inputs and arguments")
                }
                try meter.charge(text: text.utf8.count + pattern.utf8.count)
                guard let (time, rest) = DateText.parse(text, pattern),
                    rest.isEmpty || rest.unicodeScalars.first?.properties.isWhitespace == true
                else { throw .message("date \"\(text)\" does not match format \"\(pattern)\"") }
                var fields = Native.fields(time)
                if !rest.isEmpty { fields.append(.string(rest)) }
                return .array(fields)
            }
        ),
    ]

    private static func fields(_ time: CivilTime) -> [JSONValue] {
        [
            JSONValue(time.year), JSONValue(time.month), JSONValue(time.day), JSONValue(time.hour),
            JSONValue(time.minute), JSONValue(time.second), JSONValue(time.weekday), JSONValue(time.dayOfYear),
        ]
    }

    private static func time(_ value: JSONValue, _ name: String) throws(Fault) -> CivilTime {
        guard case .number(let number) = value else { throw .message("\(name)() requires numeric inputs") }
        let seconds = number.double
        guard seconds.magnitude < 67_768_036_191_676_800 else {
            throw .message("error converting number of seconds since epoch to datetime")
        }
        return CivilTime(secondsSince1970: seconds)
    }

    private static func brokenDown(_ value: JSONValue, _ name: String) throws(Fault) -> JSONValue {
        .array(fields(try time(value, name)))
    }

    private static func civilTime(_ fields: [JSONValue], _ name: String) throws(Fault) -> CivilTime {
        var numbers = [Double](repeating: 0, count: 6)
        for (position, field) in fields.prefix(8).enumerated() {
            guard case .number(let number) = field, !number.double.isNaN else {
                throw .message("\(name) requires parsed datetime inputs")
            }
            let bounded = max(-2_147_483_648, min(2_147_483_647, number.double))
            if position < 6 { numbers[position] = bounded }
        }
        var time = CivilTime()
        time.year = Int(numbers[0])
        time.month = Int(numbers[1])
        time.day = Int(numbers[2])
        time.hour = Int(numbers[3])
        time.minute = Int(numbers[4])
        time.second = numbers[5]
        return time
    }

    private static func formatted(
        _ value: JSONValue, _ format: JSONValue, _ name: String, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        let moment: CivilTime
        switch value {
        case .number: moment = try time(value, name)
        case .array(let fields): moment = try civilTime(fields, name).normalized
        default: throw .message("\(name) requires parsed datetime inputs")
        }
        guard case .string(let pattern) = format else { throw .message("\(name) requires a string format") }
        if pattern.utf8.count * 32 > meter.memoryBytes { throw .exhausted(.memory) }
        try meter.charge(text: pattern.utf8.count * 32)
        return .string(DateText.format(moment, pattern))
    }
}
