/// What is wrong with a cron expression, in a sentence that ends in what to do.
package struct CronProblem: Error, Sendable, Hashable {
    package var message: String
}

extension CronExpression {
    package static let maximumBytes = 256

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    package init(_ text: String) throws(CronProblem) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw CronProblem(message: "A cron expression has \(Self.maximumBytes) bytes at most. Shorten it.")
        }
        let written = text.withoutBlankEnds
        var expression = written
        if written.hasPrefix("@") {
            guard let meant = Self.macros[written.lowercased()] else {
                let known = Self.macros.keys.sorted().joined(separator: ", ")
                throw CronProblem(message: "There is no \"\(written)\". Use one of \(known), or five fields.")
            }
            expression = meant
        }
        var parts = expression.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.uppercased() }
        guard (5...6).contains(parts.count) else {
            let hint = parts.count == 7 ? "A year cannot be given. " : ""
            throw CronProblem(
                message: "\"\(written)\" is not a cron expression: it has \(parts.count) fields. \(hint)"
                    + "Give five: minute, hour, day of the month, month, day of the week, such as 0 6 * * MON-FRI.")
        }
        if parts.count == 5 { parts.insert("0", at: 0) }
        try self.init(written, fields: parts)
        // The whole is tried once: a date that never comes would be waited for without end.
        guard next(afterWall: 951_782_400 - 1) != nil else {
            throw CronProblem(message: "\"\(written)\" names a date that never comes. Correct day and month.")
        }
    }

    private init(_ text: String, fields: [String]) throws(CronProblem) {
        self.text = text
        seconds = try CronField.second.mask(fields[0])
        minutes = try CronField.minute.mask(fields[1])
        hours = try CronField.hour.mask(fields[2])
        days = try Self.daysOfMonth(fields[3])
        months = try CronField.month.mask(fields[4])
        weekdays = try Self.daysOfWeek(fields[5])
        followsElapsedTime = fields[1].hasPrefix("*") || fields[2].hasPrefix("*")
    }

    private static func daysOfMonth(_ text: String) throws(CronProblem) -> DaysOfMonth {
        let field = CronField.day
        var days = DaysOfMonth()
        days.isRestricted = !text.hasPrefix("*") && text != "?"
        for item in try field.items(text) {
            if item == "L" {
                days.beforeLast.append(0)
            } else if item == "LW" || item == "WL" {
                days.hasLastWeekday = true
            } else if item.hasPrefix("L-") {
                let distance = try field.number(item.dropFirst(2), in: item)
                guard distance <= 30 else { throw field.problem(item, "L- takes 1 to 30 days before the last") }
                days.beforeLast.append(distance)
            } else if item.hasSuffix("W") {
                days.nearestWeekdays.append(try field.value(item.dropLast(), in: item))
            } else {
                days.days |= try field.range(item)
            }
        }
        return days
    }

    private static func daysOfWeek(_ text: String) throws(CronProblem) -> DaysOfWeek {
        let field = CronField.weekday
        var week = DaysOfWeek()
        week.isRestricted = !text.hasPrefix("*") && text != "?"
        for item in try field.items(text) {
            let parts = item.split(separator: "#", omittingEmptySubsequences: false)
            if parts.count == 2 {
                let number = try field.number(parts[1], in: item)
                guard (1...5).contains(number) else {
                    throw field.problem(item, "a month has the 1st to the 5th of a day")
                }
                week.nth.append(.init(weekday: try field.value(parts[0], in: item) % 7, number: number))
            } else if item.hasSuffix("L") {
                guard item.count > 1 else {
                    throw field.problem(item, "say of which day the last is meant, such as 5L")
                }
                week.last |= 1 << UInt64(try field.value(item.dropLast(), in: item) % 7)
            } else {
                let mask = try field.range(item)
                // 7 is Sunday.
                week.days |= (mask | mask >> 7) & 0x7F
            }
        }
        return week
    }
}
