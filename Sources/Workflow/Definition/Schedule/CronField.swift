/// One field of a cron expression: its values, and how a list of them is read into a mask.
struct CronField {
    let name: String
    let values: ClosedRange<Int>
    var names: [String] = []
    /// Takes `?` for "any": where the other field for days says which.
    var takesQuestionMark = false

    static let second = CronField(name: "second", values: 0...59)
    static let minute = CronField(name: "minute", values: 0...59)
    static let hour = CronField(name: "hour", values: 0...23)
    static let day = CronField(name: "day of the month", values: 1...31, takesQuestionMark: true)
    static let month = CronField(
        name: "month", values: 1...12,
        names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
    static let weekday = CronField(
        name: "day of the week", values: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        takesQuestionMark: true)

    func problem(_ item: some StringProtocol, _ reason: String) -> CronProblem {
        CronProblem(message: "The \(name) of a cron expression cannot be \"\(item)\": \(reason). Correct it.")
    }

    func mask(_ text: String) throws(CronProblem) -> UInt64 {
        var mask: UInt64 = 0
        for item in try items(text) { mask |= try range(item) }
        return mask
    }

    /// What stands between the commas.
    func items(_ text: String) throws(CronProblem) -> [Substring] {
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        if items.contains(where: \.isEmpty) { throw problem(text, "a value is missing beside a comma") }
        return items
    }

    /// `*`, `5`, `MON`, `1-5`, each with `/n` for every n-th; `5/10` goes on to the end.
    func range(_ item: Substring) throws(CronProblem) -> UInt64 {
        let halves = item.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, let base = halves.first else { throw problem(item, "one / is enough") }
        var step = 1
        if halves.count == 2 {
            step = try number(halves[1], in: item)
            guard (1...values.count).contains(step) else { throw problem(item, "a step is 1 to \(values.count)") }
        }
        let bounds: ClosedRange<Int>
        if base == "*" || (takesQuestionMark && base == "?") {
            bounds = values
        } else if let dash = base.firstIndex(of: "-") {
            let first = try value(base[..<dash], in: item)
            var last = try value(base[base.index(after: dash)...], in: item)
            // A week may be told to end on Sunday.
            if names.first == "SUN", last == 0, first > 0 { last = 7 }
            guard first <= last else { throw problem(item, "a range goes from the smaller to the larger value") }
            bounds = first...last
        } else {
            let single = try value(base, in: item)
            bounds = halves.count == 2 ? single...values.upperBound : single...single
        }
        var mask: UInt64 = 0
        for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
            mask |= 1 << UInt64(value)
        }
        return mask
    }

    /// A number in the field's range, or a name.
    func value(_ text: some StringProtocol, in item: Substring) throws(CronProblem) -> Int {
        if let position = names.firstIndex(of: String(text)) { return position + values.lowerBound }
        let value = try number(text, in: item)
        guard values.contains(value) else {
            throw problem(item, "it goes from \(values.lowerBound) to \(values.upperBound)")
        }
        return value
    }

    func number(_ text: some StringProtocol, in item: Substring) throws(CronProblem) -> Int {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text)
        else {
            let examples = names.isEmpty ? "" : " or a name such as \(names[1])"
            throw problem(item, "a number\(examples) is expected")
        }
        return number
    }
}
