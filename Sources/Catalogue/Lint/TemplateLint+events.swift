import JSON
import Workflow

extension TemplateLint {
    func checkEventTypes(_ definition: Definition?) {
        checkEventSchemas(metadata.eventTypes, field: "eventTypes")
        checkEventSchemas(metadata.emits, field: "emits")
        checkEmits()
        guard let definition else { return }
        checkSchedule(definition.schedule)
        let listened = WorkflowTrigger.triggers(of: definition).map(\.eventType)
        let declared = metadata.eventTypes.map(\.type)
        for type in listened where !declared.contains(type) {
            complain(at: "/schedule/on", "declare the event type “\(type)” with its schema under “eventTypes”")
        }
        for type in declared where !listened.contains(type) {
            complainInMetadata(at: "/eventTypes/\(type)", "nothing in “schedule.on” starts a run for “\(type)”")
        }
    }

    private func checkSchedule(_ schedule: Schedule?) {
        guard let schedule else { return }
        guard let on = schedule.on else { return }
        if on.filters.isEmpty || on.filters.contains(where: { $0.attributes["type"] == nil }) {
            complain(at: "/schedule/on", "every filter must name the event's type, as plain text")
        }
    }

    private func checkEventSchemas(_ types: [EventTypeDeclaration], field: String) {
        for type in types {
            guard let schema = type.schema else { continue }
            do {
                _ = try JSONSchema(schema, formatAssertion: true)
            } catch {
                for problem in error.problems {
                    complainInMetadata(
                        at: "/\(field)/\(type.type)/schema\(problem.path)", "the schema is wrong: \(problem.message)")
                }
            }
        }
    }

    /// Declared under `emits` ↔ emitted by a task.
    private func checkEmits() {
        let declared = metadata.emits.map(\.type)
        var emitted: [String] = []
        for task in DocumentTask.all(in: template.document) {
            guard let type = task.definition["emit"]?["event"]?["with"]?["type"]?.stringValue
            else { continue }
            emitted.append(type)
            if !declared.contains(type) {
                complain(at: "\(task.pointer)/emit/event/with/type", "declare the event type “\(type)” under “emits”")
            }
        }
        for type in declared where !emitted.contains(type) {
            complainInMetadata(at: "/emits/\(type)", "no task emits “\(type)”")
        }
    }
}
