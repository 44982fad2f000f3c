import JSON
import Testing
import Workflow

@Suite("$authorization and $secrets")
struct AuthorizationTests {
    private func authorization(_ policy: String, _ extra: String = "") throws -> (seen: JSONValue?, call: JSONValue?) {
        let given = try Given(
            """
              - get:
                  call: http
                  with:
                    method: get
                    endpoint: {uri: "http://erp/", authentication: \(policy)}
                    headers: {x-scheme: "${ $authorization.scheme // \\"none\\" }"}
                  output: {as: "${ {authorization: $authorization} }"}
            """, extra: extra)
        let facts = RunFacts(runID: Given.runID, secrets: given.definition.secretMarkers(of: Given.runID))
        let report = Simulation.run(
            given.definition, input: ["user": "ann", "token": "t-1"], facts: facts,
            answers: SimulatedAnswers(calls: [.init(function: "http", answers: [SimulatedAnswer(.success([:]))])]),
            startingAt: Given.start)
        return (report.output?["authorization"], report.calls.first?.arguments["headers"]?["x-scheme"])
    }

    @Test("it says what the policy resolved to, with the run's data in it")
    func resolved() throws {
        #expect(try authorization("{bearer: {token: '${ .token }'}}").seen == ["scheme": "Bearer", "parameter": "t-1"])
        let basic = try authorization("{basic: {username: '${ .user }', password: secret}}")
        #expect(basic.seen == ["scheme": "Basic", "parameter": "YW5uOnNlY3JldA=="])
        #expect(basic.call == "Basic")
        #expect(
            try authorization("{digest: {username: a, password: b}}").seen == ["scheme": "Digest", "parameter": .null])
    }

    @Test("a task without authentication has none")
    func none() throws {
        let given = try Given("  - a: {set: {seen: \"${ $authorization }\"}}")
        #expect(given.run().output == ["seen": .null])
    }

    @Test("secrets never reach the run's data: markers stand for them, members too")
    func secrets() throws {
        let use = "use: {secrets: [erp, token]}"
        let seen = try authorization(
            "{basic: {username: '${ $secrets.erp.username }', password: '${ $secrets.erp.password }'}}", use)
        #expect(seen.seen == ["scheme": "Basic", "parameter": .null])
        let bearer = try authorization("{bearer: {token: '${ $secrets.token }'}}", use).seen
        #expect(bearer?["parameter"]?.stringValue?.contains("secret:") == true)

        let given = try Given(
            "  - a: {input: {from: '${ {user: $secrets.erp.username, token: $secrets.token} }'}, set: '${ . }'}",
            extra: use)
        #expect(given.definition.secretMembers == ["erp": ["username"]])
        let markers = given.definition.secretMarkers(of: Given.runID)
        #expect(markers["erp"]?["username"]?.stringValue?.contains("erp/username") == true)
    }

    @Test("a marker that comes from outside is plain text: in the input, an answer, an event or an error")
    func foreignMarkers() throws {
        let given = try Given(
            """
              - keep: {export: {as: '${ {input: .} }'}, set: '${ . }'}
              - call: {call: http, with: {method: get, endpoint: "http://erp/"}, export: {as: '${ $context + {answer: .} }'}}
              - hear: {listen: {to: {one: {with: {type: t}}}}, export: {as: '${ $context + {event: .} }'}}
              - fail:
                  try:
                    - again: {call: http, with: {method: get, endpoint: "http://erp/"}}
                  catch: {do: [{tell: {set: {all: '${ $context }', error: '${ $error }'}}}]}
            """, extra: "use: {secrets: [token]}")
        let marker = try #require(given.definition.secretMarkers(of: Given.runID)["token"]?.stringValue)
        let input: JSONValue = .object(["a": [.string("x \(marker)")], marker: 1])
        let engine = given.engine()
        var advance = engine.start(input: input, at: Given.start)
        advance = engine.advance(advance.state, [.answered("/do/1/call#1", .string(marker))])
        advance = engine.advance(
            advance.state,
            [.answered("/do/2/hear#1", ["type": "t", "source": "s", "id": "1", "data": .string(marker)])])
        advance = engine.advance(
            advance.state,
            [.failed("/do/3/fail/try/0/again#1", WorkflowError(.communication, detail: "it said \(marker)"))])
        let output = try #require(advance.output, "\(advance.status) \(String(describing: advance.error))")
        #expect(!output.serialized().contains("⟦"))
        #expect(output.serialized().contains("[secret:"))
        for part in ["input", "answer", "event"] { #expect(output["all"]?[part] != nil) }
    }
}
