import JSON
import Primitives
import Tenancy

/// What a person who has just started the demo needs: where it is, keys, what happened, and what to try next.
struct DemoGuide: Sendable {
    private static let quietSeconds = 0.5
    private static let patienceSeconds = 20.0

    let stage: DemoStage

    func show(_ plants: [DemoPlant]) async throws {
        let overviews = try await settled()
        var table = TextTable("Plant", "Events", "Runs completed", "open", "faulted", "People are asked")
        for item in overviews {
            table.add(
                stage.text(item, "client") + " / " + stage.text(item, "plant"),
                String(stage.number(item, "events")), String(stage.number(item, "runsCompleted")),
                String(stage.number(item, "runsOpen")), String(stage.number(item, "runsFaulted")),
                String(stage.number(item, "humanTasksOpen")))
        }
        var keyTable = TextTable("Role", "Of", "API key")
        for entry in stage.keys.entries {
            keyTable.add(entry.role, entry.place.isEmpty ? "the platform" : entry.place, entry.token)
        }
        let base = stage.client.base
        let plant = plants[0]
        Terminal.writeLine(
            """

            Millwright runs at \(base)
              People:  \(base)/portal   (sign in with a key of the table below)
              API:     \(base)/openapi.json

            \(table.text)

            \(keyTable.text)

            Try next:
              curl -H 'Authorization: Bearer \(plant.supervisorKey)' '\(base)/v1/plants/\(plant.id)/human-tasks?status=open&limit=3'
              curl -H 'Authorization: Bearer \(plant.supervisorKey)' '\(base)/v1/plants/\(plant.id)/runs?limit=3'
              curl -X POST -H 'Authorization: Bearer \(plant.operatorKey)' -H 'Content-Type: application/cloudevents+json' -d '{"specversion":"1.0","id":"try-1","source":"my/terminal","type":"com.millwright.maintenance.work-order.reported","data":{"date":"2026-01-31","asset":"A","text":"Bucket hose leaking","cost":250}}' '\(base)/v1/plants/\(plant.id)/events'

            Ctrl-C stops everything; the next start goes on with the data.
            """)
    }

    /// What happened, once the runs of the last events have come as far as they come without people.
    private func settled() async throws -> [JSONValue] {
        let deadline = ContinuousClock.now + .seconds(Self.patienceSeconds)
        var last = try await stage.overviews()
        var quietSince = ContinuousClock.now
        while ContinuousClock.now < deadline, (ContinuousClock.now - quietSince).seconds < Self.quietSeconds {
            try await Task.sleep(for: .milliseconds(100))
            let next = try await stage.overviews()
            // Nothing has completed yet: the runners are only just at it.
            let hasBegun = next.allSatisfy { stage.number($0, "events") == 0 || stage.number($0, "runsCompleted") > 0 }
            if next != last || !hasBegun { quietSince = .now }
            last = next
        }
        return last
    }
}
