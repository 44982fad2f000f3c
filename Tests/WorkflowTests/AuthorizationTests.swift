import JSON
import Primitives
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
        let facts = RunFacts(runID: Given.runID)
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
        let advance = given.engine().start(input: [:], at: Given.start, secretNonce: "n-1")
        // What is shown has lost what makes a marker valid; a call has it.
        let scope = "\(Given.runID)."
        #expect(
            advance.output == [
                "user": .string(SecretMarker(runID: scope, name: "erp", member: "username").text),
                "token": .string(SecretMarker(runID: scope, name: "token").text),
            ])
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
        let marker = SecretMarker(runID: Given.runID.description, name: "token").text
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

    @Test("a marker put together inside the run is not the run's own: its scope holds chance that the call knows")
    func madeUp() throws {
        let given = try Given(
            """
              - call:
                  call: http
                  with: {method: post, endpoint: "http://erp/", body: '${ .payload | fromjson }'}
              - pause: {wait: P1D}
            """, extra: "use: {secrets: [token]}")
        let marker = SecretMarker(runID: Given.runID.description, name: "token").text
        let smuggled = "\"" + marker.replacing("⟦", with: "\\u27e6") + "\""
        let advance = given.engine().start(
            input: ["payload": .string(smuggled)], at: Given.start, secretNonce: "n-1")
        let stored = try RunState(json: advance.state.json)
        guard case .call(let call)? = stored.waits.first?.kind else {
            Issue.record("no call")
            return
        }
        #expect(call.arguments["body"]?.stringValue == marker)
        #expect(call.secretScope == "\(Given.runID).n-1")
        let resumed = given.engine().advance(stored, [.answered("/do/0/call#1", 1)])
        #expect(try RunState(json: resumed.state.json) == resumed.state)
        #expect(resumed.state.json["secretNonce"] == "n-1")
    }

    @Test(
        "settings that no token server takes are refused where they stand",
        arguments: [
            ("grant: foo, client: {id: a, secret: b}", "grant"),
            ("grant: authorization_code, client: {id: a}", "grant"),
            ("grant: client_credentials, client: {id: a, authentication: foo}", "client/authentication"),
            ("grant: client_credentials, request: {encoding: foo}", "request/encoding"),
            ("grant: client_credentials, client: {idd: a}", "client/idd"),
            ("grant: password, username: a", ""),
        ])
    func tokenSettings(_ settings: String, _ place: String) throws {
        for scheme in ["oauth2", "oidc"] {
            let decoded = try decode(
                document(
                    "  - a: {call: http, with: {method: get, endpoint: {uri: 'http://erp/', authentication: {\(scheme): "
                        + "{authority: 'http://id/', \(settings)}}}}}"))
            let path = "/do/0/a/with/endpoint/authentication/\(scheme)" + (place.isEmpty ? "" : "/\(place)")
            #expect(decoded.errors.map(\.path.description) == [path], "\(decoded.diagnostics)")
        }
    }

    @Test("an address that nothing can call is refused")
    func scheme() throws {
        let decoded = try decode(document("  - a: {call: http, with: {method: get, endpoint: 'ftp://erp/'}}"))
        #expect(decoded.codes() == [.invalidEndpoint])
    }
}
