import JSON

extension DecodingPass {
    func decodeSchedule(_ root: Fields) -> Schedule? {
        guard let value = root["schedule"] else { return nil }
        let keys = ["every", "cron", "after", "on", "read"]
        guard let fields = fields(value, "schedule", allowed: keys, at: root.path("schedule")) else { return nil }
        var schedule = Schedule()
        schedule.everySeconds = fixedDuration(fields, "every")
        schedule.afterSeconds = fixedDuration(fields, "after")
        schedule.cron = string(fields, "cron", "schedule")
        if let cron = schedule.cron, !(5...6).contains(cron.split(separator: " ").count) {
            error(
                .invalidValue, "\"\(cron)\" is not a cron expression. Give five fields, such as 0 0 * * *.",
                at: fields.path("cron"))
        }
        if fields["read"] != nil, fields["on"] == nil {
            error(
                .missingField, "read says how events are read and goes with on. Add on, or remove it.", at: fields.path)
        }
        // The specification's text and examples give the input as events ($workflow.input[0].data); only what asks
        // for data gets data.
        let read = choice(fields, "read", "schedule", as: EventReading.self) ?? .envelope
        if let on = fields["on"] { schedule.on = trigger(on, read, at: fields.path("on")) }
        return schedule
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

    private func trigger(_ value: JSONValue, _ read: EventReading, at path: JSONPointer) -> EventTrigger? {
        guard let plan = strategy(value, ExpressionScope(place: .schedule), at: path, allowsUntil: false) else {
            return nil
        }
        var filters: [EventFilter] = []
        for template in plan.filters {
            guard template.correlations.isEmpty else {
                error(
                    .notSupported, "Correlating the events that start a run is not supported yet. Remove correlate.",
                    at: path)
                return nil
            }
            guard let filter = template.withoutRun else {
                error(.invalidExpression, "No run exists yet: only data can hold an expression here.", at: path)
                return nil
            }
            guard filter.attributes["type"] != nil else {
                error(
                    .missingField, "Events start runs by their type. Give type in with, as plain text.", at: path)
                return nil
            }
            filters.append(filter)
        }
        if plan.mode == .any, filters.isEmpty {
            error(.notSupported, "A run cannot be started by every event. Name the types in any.", at: path)
        }
        let mode: EventTrigger.Mode =
            switch plan.mode {
            case .one: .one
            case .any: .any
            case .all: .all
            }
        if mode == .all {
            error(
                .notSupported,
                "Starting a run on several events is not supported yet. Start it on one and listen to "
                    + "the others in a task.", at: path)
        }
        return EventTrigger(mode: mode, filters: filters, read: read)
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
