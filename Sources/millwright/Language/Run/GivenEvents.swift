import JSON
import Primitives
import Workflow
import YAML

/// The events of `--event`: one event or a list of events a file.
enum GivenEvents {
    static func read(_ files: [String]) throws -> [JSONValue] {
        var events: [JSONValue] = []
        for file in files {
            let value = try GivenValue.read(file)
            for event in value.arrayValue ?? [value] {
                guard event.objectValue != nil, event["type"]?.stringValue != nil else {
                    throw Problem(.invalidParameters, "\(file): an event is an object with at least a type.")
                }
                events.append(GivenEvent.completed(event, number: events.count + 1))
            }
        }
        return events
    }

    /// Takes out of the events what starts a run of the definition, as the run's input; `nil` when they do not start it.
    static func takeStart(of trigger: EventTrigger, from events: inout [JSONValue]) throws -> JSONValue? {
        var taken: [JSONValue] = []
        for filter in trigger.filters {
            let compiled = try CompiledEventFilter(filter)
            guard let position = events.firstIndex(where: compiled.matches) else {
                if trigger.mode == .all { return nil }
                continue
            }
            taken.append(events.remove(at: position))
            if trigger.mode != .all { break }
        }
        return taken.isEmpty ? nil : .array(taken)
    }
}

/// A JSON or YAML value in a file; `-` is standard input.
enum GivenValue {
    static func read(_ name: String) throws -> JSONValue {
        let bytes = try FileBytes.read(name == "-" ? "/dev/stdin" : name, limit: FileBytes.documentLimit)
        do {
            return try YAMLDocument(parsing: bytes).value
        } catch {
            throw Problem(
                .invalidParameters, "\(name == "-" ? "standard input" : name):\(error.location): \(error.message)")
        }
    }
}
