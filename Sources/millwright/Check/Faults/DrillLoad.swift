import AsyncHTTPClient
import JSON
import Primitives

/// Machines that send events, people who decide, and an operator who suspends and resumes, as they do outside: whoever
/// gets no answer sends the same again under the same key.
struct DrillLoad: Sendable {
    /// How long one try waits for its answer.
    static let answerSeconds: Int64 = 5
    static let repeatMilliseconds = 150

    let base: String
    let plants: [DrillPlant]
    let administratorKey: String
    let ledger: DrillLedger
    /// Told apart from other runs of the check on the same data.
    let name: String
    /// Events a second, over all plants.
    let rate: Double

    func client(_ key: String) -> APIClient {
        APIClient(base: base, key: key, timeoutSeconds: Self.answerSeconds)
    }

    /// Works until cancelled. What is under way then is left as it is.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, plant) in plants.enumerated() {
                for sender in 0..<2 { group.addTask { await send(plant, sender: "\(name)-\(index)-\(sender)") } }
                group.addTask { await operate(plant) }
            }
        }
    }

    // MARK: Events

    private func send(_ plant: DrillPlant, sender: String) async {
        let client = client(administratorKey)
        let pause = Duration.seconds(Double(plants.count * 2) / rate)
        var number = 0
        while !Task.isCancelled {
            number += 1
            let kind = DrillSystems.Kind.allCases[number % 3]
            await send(
                "\(sender)-\(number)", kind, asks: number % 7 == 0, waits: number % 5 == 0, to: plant, client)
            try? await Task.sleep(for: pause)
        }
    }

    /// Sends one event until it is accepted or the task is cancelled.
    func send(
        _ id: String, _ kind: DrillSystems.Kind, asks: Bool, waits: Bool, sleeps: Bool = false, to plant: DrillPlant,
        _ client: APIClient
    ) async {
        let event: JSONValue = [
            "specversion": "1.0", "id": .string(id), "source": "check/faults",
            "type": .string(DrillWorkflow.eventType(kind)),
            "data": ["reference": .string(id), "asks": .bool(asks), "waits": .bool(waits), "sleeps": .bool(sleeps)],
        ]
        let answer = await patiently(client) {
            try await $0.post(
                "/v1/plants/\(plant.id)/events", event, contentType: "application/cloudevents+json")
        }
        guard let answer else { return }
        guard answer["refused"] == 0 else { return ledger.object("event \(id) was refused: \(answer)") }
        ledger.accept(.init(plant: plant.id, kind: kind, id: id))
    }

    /// - Returns: `nil` when the task was cancelled, or when the answer is that repeating is of no use.
    private func patiently(
        _ client: APIClient, _ call: (APIClient) async throws -> JSONValue
    ) async -> JSONValue? {
        while !Task.isCancelled {
            do {
                return try await call(client)
            } catch let problem as Problem {
                if Task.isCancelled { return nil }
                ledger.refused(problem)
                guard problem.code.isRetryable || problem.code == .idempotencyKeyInFlight else {
                    ledger.object("a request was answered \(problem.code.rawValue): \(problem.detail)")
                    return nil
                }
            } catch {
                if Task.isCancelled { return nil }
            }
            try? await Task.sleep(for: .milliseconds(Self.repeatMilliseconds))
        }
        return nil
    }

    // MARK: People

    /// Decides what is open once. It goes on until cancelled while faults happen, and after them until nothing is left.
    func decideAll() async {
        while !Task.isCancelled {
            for plant in plants { _ = try? await decide(plant) }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func decide(_ plant: DrillPlant) async throws {
        let client = client(plant.supervisorKey)
        let open = try await client.get("/v1/plants/\(plant.id)/human-tasks?status=open&limit=50")
        for task in open["items"]?.arrayValue ?? [] {
            guard let id = task["id"]?.stringValue,
                let outcome = task["outcomes"]?[0]?["name"]?.stringValue
            else { continue }
            await decide(id, outcome, plant, client)
        }
    }

    private func decide(_ id: String, _ outcome: String, _ plant: DrillPlant, _ client: APIClient) async {
        let path = "/v1/plants/\(plant.id)/human-tasks/\(id)"
        // The task is open: under a key that broke off it was not decided, and a new key is in order.
        let key = "decide-\(id)-\(ledger.brokenKeys(of: id))"
        while !Task.isCancelled {
            do {
                _ = try await client.post(
                    path + "/decide", ["outcome": .string(outcome), "reason": "Decided by the check."],
                    idempotencyKey: key)
                return ledger.decided(id, outcome)
            } catch let problem as Problem {
                if Task.isCancelled { return }
                ledger.refused(problem)
                switch problem.code {
                // Whoever is told so looks whether the task is still open.
                case .idempotencyOutcomeUnknown: return ledger.brokeOff(id)
                case .wrongState, .notFound: return
                case .idempotencyKeyInFlight: break
                case let code where code.isRetryable: break
                default: return ledger.object("a decision was answered \(problem.code.rawValue): \(problem.detail)")
                }
            } catch {}
            try? await Task.sleep(for: .milliseconds(Self.repeatMilliseconds))
        }
    }

    // MARK: Operator

    private func operate(_ plant: DrillPlant) async {
        let client = client(administratorKey)
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(700))
            let waiting = try? await client.get("/v1/plants/\(plant.id)/runs?status=waiting&limit=5")
            guard let run = waiting?["items"]?.arrayValue?.last?["id"]?.stringValue else { continue }
            let path = "/v1/plants/\(plant.id)/runs/\(run)"
            guard (try? await client.post(path + "/suspend", ["reason": "A look."])) != nil else { continue }
            ledger.suspended()
            try? await Task.sleep(for: .milliseconds(100))
            _ = try? await client.post(path + "/resume", ["reason": "Go on."])
        }
    }

    /// Whatever an operator has left suspended because the answer was lost goes on.
    func resumeAll() async {
        let client = client(administratorKey)
        for plant in plants {
            let left = try? await client.get("/v1/plants/\(plant.id)/runs?status=suspended&limit=200")
            for run in left?["items"]?.arrayValue ?? [] {
                guard let id = run["id"]?.stringValue else { continue }
                _ = try? await client.post("/v1/plants/\(plant.id)/runs/\(id)/resume", ["reason": "Go on."])
            }
        }
    }
}
