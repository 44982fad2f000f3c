import Database
import JSON
import Primitives
import Workflow

/// Something that the plant's own events are to tell of a task, written in the transaction of what happened.
enum TaskAnnouncement {
    /// `nil` for what the template does not ask for.
    static func insertion(
        _ kind: HumanTaskArguments.Announcement, of task: HumanTask, _ detail: JSONValue = [:], _ plant: PlantKey,
        at now: Timestamp
    ) -> Statement? {
        guard task.terms.announce.contains(kind) else { return nil }
        return """
            INSERT INTO millwright.human_task_announcement (
              partner_id, client_id, plant_id, announcement_id, human_task_id, kind, detail, made_at)
            VALUES (
              \(fragment: plant.values), \(UUIDv7()), \(task.id), \(kind.rawValue), \(ExactJSON(detail)), \(now))
            """
    }
}
