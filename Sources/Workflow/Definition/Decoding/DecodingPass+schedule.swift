import JSON

/// `schedule`, and `document.metadata.schedule`, which says of it what the specification leaves open.
extension DecodingPass {
    func decodeSchedule(_ root: Fields) -> Schedule? {
        let policyPath = JSONPointer(["document", "metadata", "schedule"])
        let policyValue = root["document"]?["metadata"]?["schedule"]
        guard let value = root["schedule"] else {
            if policyValue != nil {
                error(
                    .missingField, "There is no schedule that this could be said of. Add schedule, or remove it.",
                    at: policyPath)
            }
            return nil
        }
        let keys = ["every", "cron", "after", "on", "read"]
        guard let fields = fields(value, "schedule", allowed: keys, at: root.path("schedule")) else { return nil }
        var schedule = Schedule()
        schedule.everySeconds = interval(fields, "every")
        schedule.afterSeconds = interval(fields, "after")
        schedule.cron = cron(fields)
        if !keys.contains(where: { fields[$0] != nil }) {
            error(.missingField, "schedule needs one of every, cron, after and on. Add one.", at: fields.path)
        }
        if fields["read"] != nil, fields["on"] == nil {
            error(
                .missingField, "read says how events are read and goes with on. Add on, or remove it.", at: fields.path)
        }
        // The specification's text and examples give the input as events ($workflow.input[0].data); only what asks
        // for data gets data.
        let read = choice(fields, "read", "schedule", as: EventReading.self) ?? .envelope
        if let on = fields["on"] { schedule.on = trigger(on, read, at: fields.path("on")) }
        if let policyValue { schedule.policy = policy(policyValue, of: fields, at: policyPath) }
        return schedule
    }

    private func cron(_ fields: Fields) -> CronExpression? {
        guard let text = string(fields, "cron", "schedule") else { return nil }
        do {
            return try CronExpression(text)
        } catch {
            self.error(.invalidValue, error.message, at: fields.path("cron"))
            return nil
        }
    }

    private func interval(_ fields: Fields, _ key: String) -> Double? {
        guard let seconds = fixedDuration(fields, key) else { return nil }
        if seconds < Schedule.minimumSeconds {
            error(.invalidDuration, "\(key) cannot be shorter than a second. Give PT1S or more.", at: fields.path(key))
            return nil
        }
        return seconds
    }

    private func fixedDuration(_ fields: Fields, _ key: String) -> Double? {
        guard let value = fields[key],
            let duration = duration(value, ExpressionScope(place: .schedule), at: fields.path(key))
        else { return nil }
        guard case .seconds(let seconds) = duration else {
            error(.invalidDuration, "A schedule has no data yet: give a fixed duration.", at: fields.path(key))
            return nil
        }
        return seconds
    }

    // MARK: The policy

    private func policy(_ value: JSONValue, of schedule: Fields, at path: JSONPointer) -> SchedulePolicy {
        var policy = SchedulePolicy()
        let keys = ["timeZone", "overlap", "catchUp", "jitter"]
        guard let fields = fields(value, "metadata.schedule", allowed: keys, at: path) else { return policy }
        if !["every", "cron", "after"].contains(where: { schedule[$0] != nil }) {
            error(
                .invalidValue, "This is about what time starts, and the schedule only has events. Remove it.", at: path)
        }
        policy.timeZone = zone(fields, schedule)
        policy.overlap = choice(fields, "overlap", "metadata.schedule", as: SchedulePolicy.Overlap.self) ?? .allow
        if let value = fields["catchUp"] { catchUp(value, at: fields.path("catchUp"), into: &policy) }
        policy.jitterSeconds = fixedDuration(fields, "jitter") ?? 0
        if policy.jitterSeconds > SchedulePolicy.maximumJitterSeconds {
            error(.invalidDuration, "jitter can be an hour at most. Give less.", at: fields.path("jitter"))
        }
        return policy
    }

    /// Only the form is checked here: which zones there are is known where the workflow is set up.
    private func zone(_ fields: Fields, _ schedule: Fields) -> String? {
        guard let name = string(fields, "timeZone", "metadata.schedule") else { return nil }
        if !SchedulePolicy.isZoneName(name) {
            error(
                .invalidValue, "\"\(name)\" is not a time zone. Give an IANA name such as Europe/Berlin.",
                at: fields.path("timeZone"))
        } else if schedule["cron"] == nil {
            warn(
                .invalidValue, "Only cron goes by a time zone. Remove timeZone, or add cron.",
                at: fields.path("timeZone"))
        }
        return name
    }

    private func catchUp(_ value: JSONValue, at path: JSONPointer, into policy: inout SchedulePolicy) {
        guard let fields = fields(value, "catchUp", allowed: ["policy", "within"], at: path) else { return }
        if fields["policy"] == nil { missing("policy", "catchUp", in: fields) }
        policy.catchUp = choice(fields, "policy", "catchUp", as: SchedulePolicy.CatchUp.self) ?? .latest
        guard let within = fixedDuration(fields, "within") else { return }
        policy.catchUpWithinSeconds = within
        if !(Schedule.minimumSeconds...SchedulePolicy.maximumCatchUpWithinSeconds).contains(within) {
            error(.invalidDuration, "within goes from a second to 30 days.", at: fields.path("within"))
        }
    }

    // MARK: Events

    private func trigger(_ value: JSONValue, _ read: EventReading, at path: JSONPointer) -> EventTrigger? {
        guard let plan = strategy(value, ExpressionScope(place: .schedule), at: path, allowsUntil: false) else {
            return nil
        }
        // One event of one is one event.
        let isSet = plan.mode == .all && plan.filters.count > 1
        var filters: [EventFilter] = []
        for template in plan.filters {
            guard let filter = startingFilter(template, isSet: isSet, at: path) else { return nil }
            filters.append(filter)
        }
        if plan.mode == .any, filters.isEmpty {
            error(.notSupported, "A run cannot be started by every event. Name the types in any.", at: path)
        }
        if filters.count > EventTrigger.maximumEventsOfRun, isSet {
            error(.tooLarge, "A run starts on \(EventTrigger.maximumEventsOfRun) events at most. Name fewer.", at: path)
        }
        let names = Set(plan.filters.map { Set($0.correlations.map(\.name)) })
        if isSet, names.count > 1 {
            error(
                .missingField,
                "The events of all correlate by different names, so that it is not clear which belong together. "
                    + "Give each event the same names in correlate.", at: path)
        }
        let mode: EventTrigger.Mode = isSet ? .all : plan.mode == .any ? .any : .one
        let correlations = plan.filters.map { template in
            isSet ? template.correlations.map { EventCorrelation(name: $0.name, source: $0.from.source) } : []
        }
        return EventTrigger(mode: mode, filters: filters, correlations: correlations, read: read)
    }

    private func startingFilter(_ template: EventFilterTemplate, isSet: Bool, at path: JSONPointer) -> EventFilter? {
        guard var filter = template.withoutRun else {
            error(.invalidExpression, "No run exists yet: only data can hold an expression here.", at: path)
            return nil
        }
        guard filter.attributes["type"] != nil else {
            error(.missingField, "Events start runs by their type. Give type in with, as plain text.", at: path)
            return nil
        }
        // An event that starts a run alone agrees with itself; that there is something to agree on is left to hold.
        for correlation in isSet ? [] : template.correlations {
            let part = "((\(correlation.from.source)) != null)"
            filter.condition = filter.condition.map { $0 + " and " + part } ?? part
        }
        return filter
    }
}

extension EventFilterTemplate {
    /// The filter when all of its values are fixed.
    fileprivate var withoutRun: EventFilter? {
        var filter = EventFilter(attributes: [:], condition: condition)
        for attribute in attributes {
            guard case .constant(let value) = attribute.value else { return nil }
            filter.attributes[attribute.name] = EventFilter.text(value)
        }
        var values: JSONObject = [:]
        for variable in variables {
            guard case .template(.constant(let value)) = variable.value else { return nil }
            values[variable.name] = value
        }
        filter.variables = .object(values)
        return filter
    }
}
