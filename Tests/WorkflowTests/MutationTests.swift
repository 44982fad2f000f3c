import JSON
import Primitives
import Testing
import Workflow
import YAML

/// Documents with random damage: the decoder must say something or accept, and what it accepts must run to an end, a
/// wait or an error.
@Suite("Damaged documents")
struct MutationTests {
    static let healthy = """
        - fetch:
            if: .go != false
            try:
              - get: {call: http, with: {method: get, endpoint: "http://erp/{n}"}, timeout: {after: PT1M}}
            catch:
              errors: {with: {status: 503}}
              retry: {delay: PT1S, backoff: {exponential: {}}, limit: {attempt: {count: 2}}}
              do: [{note: {set: {error: "${ $error.status }"}}}]
            output: {as: ". + {n: 1}"}
            export: {as: "$context + {fetched: .}", schema: {document: {type: object}}}
        - choose: {switch: [{a: {when: .n > 0, then: loop}}, {b: {then: end}}]}
        - loop:
            for: {each: part, in: "[1, 2, 3]", at: i}
            while: $i < 2
            do: [{add: {set: {sum: "${ (.sum // 0) + $part }", list: [1, "${ $part }"]}}}]
        - both:
            fork:
              compete: false
              branches:
                - hears: {listen: {to: {any: [{with: {type: t, data: "${ .n == 1 }"}}], until: "length == 2"}}, timeout: {after: PT9S}}
                - says: {emit: {event: {with: {type: t, data: {n: 1}}}}}
        - ask: {call: human-task:1.0.0@default, with: {title: T, role: operator}}
        - child: {run: {workflow: {namespace: a, name: b, version: 1.0.0}}}
        - stop: {raise: {error: {type: "https://example.com/x", status: 400}}}
        """

    /// A small generator of its own: the same damage on every machine.
    struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(sides))
        }
    }

    @Test("nothing crashes, and what decodes runs", arguments: [1, 2, 3, 4] as [UInt64])
    func mutate(_ seed: UInt64) throws {
        let original = try YAMLDocument(parsing: document(Self.healthy)).value
        let answers = SimulatedAnswers(
            calls: [.init(function: "http", answers: [SimulatedAnswer(.success(["n": 1]))])],
            decisions: [.init(answers: [SimulatedAnswer(.success(["outcome": "approve"]))])],
            childRun: { _, _ in SimulatedAnswer(.success([:])) })
        var dice = Dice(state: seed)
        var decodedCount = 0
        for _ in 0..<500 {
            var damaged = original
            for _ in 0...dice.roll(2) { damaged = Self.damage(damaged, &dice) }
            let decoded = DefinitionDecoder.decode(damaged)
            #expect(decoded.definition != nil || !decoded.errors.isEmpty)
            guard let definition = decoded.definition else { continue }
            decodedCount += 1
            let engine = Engine(
                definition: definition, facts: RunFacts(runID: Given.runID),
                limits: EngineLimits(stepsPerInput: 2_000))
            var simulation = Simulation(
                engine: engine, answers: answers, startingAt: Given.start, maximumHappenings: 100)
            simulation.start(input: ["n": 1])
            simulation.run()
            let report = simulation.report
            #expect(report.status.isFinal || !report.unanswered.isEmpty, "\(damaged.serialized())")
            #expect(report.journal.map(\.ordinal) == Array(1...report.journal.count))
        }
        #expect(decodedCount > 10)
    }

    /// Changes one place of the value, chosen by chance.
    static func damage(_ value: JSONValue, _ dice: inout Dice) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && dice.roll(24) > 0:
            let key = object.keys[dice.roll(object.count)]
            var copy = object
            switch dice.roll(20) {
            case 0: copy[key] = nil
            case 1: copy["odd"] = copy[key]
            default: copy[key] = damage(copy[key] ?? .null, &dice)
            }
            return .object(copy)
        case .array(let items) where !items.isEmpty && dice.roll(24) > 0:
            var copy = items
            let index = dice.roll(items.count)
            switch dice.roll(12) {
            case 0: copy.remove(at: index)
            case 1: copy.append(items[index])
            default: copy[index] = damage(items[index], &dice)
            }
            return .array(copy)
        default:
            let odd: [JSONValue] = [
                .null, true, -1, 1e300, "", "end", "exit", "${ . }", "${ $error }", "${ error(1) }", ".a | .b", [], [:],
                [1, [2]], "PT1S", "fetch", ["a": ["set": ["x": "${ .. }"]]], "{a}", "^(", "$context",
            ]
            return odd[dice.roll(odd.count)]
        }
    }
}
