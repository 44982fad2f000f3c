import JSON
import Primitives

/// Decides every open human task of a plant, as a person with the task's role would: through the API, with a reason.
/// What it decides depends on the task alone, so that two runs of the demo decide alike.
struct ScriptedApprover: Sendable {
    let client: APIClient
    let plant: DemoPlant

    /// - Returns: how many tasks it decided.
    func decideAll() async throws -> Int {
        var decided = 0
        for (role, key) in [
            ("supervisor", plant.supervisorKey), ("operator", plant.operatorKey), ("quality", plant.qualityKey),
            ("maintenance", plant.maintenanceKey),
        ] {
            let caller = client.with(key: key)
            let tasks = try await caller.all("/v1/plants/\(plant.id)/human-tasks?status=open")
            for task in tasks where task["role"]?.stringValue == role {
                if try await decide(task, caller) { decided += 1 }
            }
        }
        return decided
    }

    private func decide(_ task: JSONValue, _ caller: APIClient) async throws -> Bool {
        guard let id = task["id"]?.stringValue else { return false }
        let outcomes = (task["outcomes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        guard !outcomes.isEmpty else { return false }
        // Every seventh task gets its last outcome, which is the refusal; the rest the first one.
        let isRefused = outcomes.count > 1 && stableNumber(task["title"]?.stringValue ?? id) % 7 == 0
        let outcome = isRefused ? outcomes[outcomes.count - 1] : outcomes[0]
        let body: JSONValue = [
            "outcome": .string(outcome), "reason": "Decided by the demo's script.", "data": formData(task["form"]),
        ]
        do {
            _ = try await caller.post("/v1/plants/\(plant.id)/human-tasks/\(id)/decide", body)
            return true
        } catch let problem as Problem where [.wrongState, .notFound].contains(problem.code) {
            return false  // somebody else was quicker, or it expired
        }
    }

    /// The least that the form takes: a value for every required field.
    private func formData(_ form: JSONValue?) -> JSONValue {
        var data: JSONObject = [:]
        for name in form?["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
            let field = form?["properties"]?[name] ?? .null
            if let first = field["enum"]?.arrayValue?.first {
                data[name] = first
                continue
            }
            switch field["type"]?.stringValue {
            case "integer", "number": data[name] = field["minimum"] ?? 1
            case "boolean": data[name] = true
            default: data[name] = "Checked by the demo's script"
            }
        }
        return .object(data)
    }

    /// FNV-1a: the same on every machine.
    private func stableNumber(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
