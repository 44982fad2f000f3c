package import JSON

extension TimedRule {
    /// `{"every"|"after": seconds}` or `{"cron": text}`, and of the policy what is not the default.
    package var json: JSONValue {
        var object: JSONObject = [:]
        switch timing {
        case .every(let seconds): object["every"] = JSONValue(seconds)
        case .cron(let expression): object["cron"] = .string(expression.text)
        case .after(let seconds): object["after"] = JSONValue(seconds)
        }
        if let zone = policy.timeZone { object["timeZone"] = .string(zone) }
        object["overlap"] = .string(policy.overlap.rawValue)
        object["catchUp"] = .string(policy.catchUp.rawValue)
        object["catchUpWithinSeconds"] = JSONValue(policy.catchUpWithinSeconds)
        object["jitterSeconds"] = JSONValue(policy.jitterSeconds)
        return .object(object)
    }

    package init(json: JSONValue) throws(MalformedJSON) {
        let stored = try StoredObject(json, "schedule")
        let timing: Timing
        if let text = stored["cron"]?.stringValue {
            do {
                timing = .cron(try CronExpression(text))
            } catch {
                throw MalformedJSON("schedule", "cron")
            }
        } else if let seconds = stored["every"]?.doubleValue {
            timing = .every(seconds: seconds)
        } else if let seconds = stored["after"]?.doubleValue {
            timing = .after(seconds: seconds)
        } else {
            throw MalformedJSON("schedule", "every")
        }
        guard let overlap = SchedulePolicy.Overlap(rawValue: try stored.string("overlap")) else {
            throw MalformedJSON("schedule", "overlap")
        }
        guard let catchUp = SchedulePolicy.CatchUp(rawValue: try stored.string("catchUp")) else {
            throw MalformedJSON("schedule", "catchUp")
        }
        self.init(
            timing,
            SchedulePolicy(
                timeZone: stored["timeZone"]?.stringValue, overlap: overlap, catchUp: catchUp,
                catchUpWithinSeconds: stored["catchUpWithinSeconds"]?.doubleValue
                    ?? SchedulePolicy.defaultCatchUpWithinSeconds,
                jitterSeconds: stored["jitterSeconds"]?.doubleValue ?? 0))
    }

    /// For people: `every 900 s`, the cron expression, `3600 s after the end`.
    package var text: String {
        func plain(_ seconds: Double) -> String {
            seconds.rounded() == seconds ? String(Int64(seconds)) : String(seconds)
        }
        return switch timing {
        case .every(let seconds): "every \(plain(seconds)) s"
        case .cron(let expression): expression.text
        case .after(let seconds): "\(plain(seconds)) s after the end"
        }
    }
}
