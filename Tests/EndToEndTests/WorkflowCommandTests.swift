import Foundation
import JSON
import Testing

@Suite("millwright workflow: definitions on a laptop")
struct WorkflowCommandTests {
    /// Files by name, and the command that is run among them.
    private func run(_ files: [String: String], _ arguments: String...) async throws -> Command {
        let folder = "/tmp/millwright-workflow-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        let named = arguments.map { files.keys.contains($0) ? "\(folder)/\($0)" : $0 }
        return try await Command.run(["workflow"] + named)
    }

    private func workflow(_ tasks: String, extra: String = "", name: String = "tried") -> String {
        """
        document: {dsl: '1.0.3', namespace: tests, name: \(name), version: '1.0.0'}
        \(extra)
        do:
        \(tasks)
        """
    }

    // MARK: - validate

    @Test("every mistake is named with its line and column, of every file, and the exit code is 2")
    func mistakes() async throws {
        let broken = workflow("  - a: {set: {x: '${ .a + }'}, then: nowhere}\n  - b: {cal: http}")
        let command = try await run(
            ["broken.yaml": broken, "fine.yaml": workflow("  - a: {set: {x: 1}}"), "text.yaml": "do: [\n"],
            "validate", "broken.yaml", "fine.yaml", "text.yaml")
        #expect(command.status == 2)
        #expect(command.output.contains("broken.yaml:4:"))
        #expect(command.output.contains("invalid-expression"))
        #expect(command.output.contains("unknown-task"))
        #expect(command.output.contains("broken.yaml:5:"))
        #expect(command.output.contains("Did you mean call instead of cal?"))
        #expect(command.output.contains("fine.yaml: valid"))
        #expect(command.output.contains("text.yaml:2:1: error"))
        #expect(!command.output.contains("text.yaml: valid"))
    }

    @Test("what no plant has a driver for is refused, and named")
    func drivers() async throws {
        let text = workflow(
            """
              - a: {call: grpc, with: {proto: {endpoint: "file://a.proto"}, service: {name: s, host: h}, method: m}}
              - b: {run: {container: {image: alpine}}}
              - c: {call: mcp, with: {method: tools/list, transport: {http: {endpoint: "http://m/"}}}}
              - d: {call: asyncapi, with: {document: {endpoint: "http://m/"}, channel: c, message: {payload: {}}}}
              - e: {call: a2a, with: {method: message/send, server: "http://m/"}}
            """)
        let command = try await run(["w.yaml": text], "validate", "w.yaml")
        #expect(command.status == 2)
        for driver in ["grpc", "container", "mcp", "asyncapi", "a2a"] {
            #expect(command.output.contains("The plant has no driver for \(driver)"), "\(driver): \(command)")
        }
    }

    @Test("workflows of the given files that start each other are found")
    func circle() async throws {
        func starting(_ other: String) -> String {
            "  - go: {run: {workflow: {namespace: tests, name: \(other), version: latest}}}"
        }
        let command = try await run(
            ["a.yaml": workflow(starting("b"), name: "a"), "b.yaml": workflow(starting("a"), name: "b")],
            "validate", "a.yaml", "b.yaml")
        #expect(command.status == 2)
        #expect(command.output.contains("tests/a → tests/b → tests/a"))
        #expect(command.output.contains("a.yaml:4:"))
        #expect(!command.output.contains("valid"))
    }

    @Test("a schema beside the definition is read; one on the network is not fetched")
    func neighbours() async throws {
        func using(_ place: String) -> String {
            workflow("  - a: {set: {x: 1}}", extra: "input: {schema: {resource: {endpoint: '\(place)'}}}")
        }
        let files = [
            "w.yaml": using("order.json"), "order.json": #"{"required": ["id"]}"#, "n.yaml": using("http://a/b"),
        ]
        #expect(try await run(files, "validate", "w.yaml").status == 0)
        #expect(try await run(files, "validate", "n.yaml").output.contains("resource-missing"))
        let command = try await run(files, "run", "w.yaml")
        #expect(command.status == 1)
        #expect(command.error.contains("id"))
    }

    // MARK: - run

    @Test("the output stands alone on standard output; the journal goes to standard error")
    func output() async throws {
        let text = workflow("  - wait: {wait: P30D}\n  - a: {set: {double: '${ .n * 2 }'}}")
        let command = try await run(
            ["w.yaml": text, "in.json": #"{"n": 21}"#], "run", "w.yaml", "--input", "in.json", "--trace")
        #expect(command.status == 0)
        #expect(try JSONValue(parsing: command.output) == ["double": 42])
        let journal = try command.error.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(journal.first?["kind"] == "run-started")
        #expect(journal.last?["kind"] == "run-completed")
    }

    @Test("an error document on standard error and exit code 1, nothing on standard output")
    func fault() async throws {
        let text = workflow("  - a: {raise: {error: {type: 'https://a/b', status: 418, title: Teapot}}}")
        let command = try await run(["w.yaml": text], "run", "w.yaml")
        #expect(command.status == 1)
        #expect(command.output.isEmpty)
        let error = try JSONValue(parsing: command.error)
        #expect(error["status"] == 418 && error["title"] == "Teapot" && error["instance"] == "/do/0/a")
    }

    @Test("what cannot be run, or given, is exit code 2")
    func unusable() async throws {
        let files = ["w.yaml": workflow("  - a: {wait: soon}"), "ok.yaml": workflow("  - a: {set: {x: 1}}")]
        #expect(try await run(files, "run", "w.yaml").status == 2)
        #expect(try await run(files, "run", "missing.yaml").status == 2)
        #expect(try await run(files, "run", "ok.yaml", "--stub", "missing.yaml").status == 2)
        #expect(try await run(files, "run", "ok.yaml", "--at", "noon").status == 2)
        #expect(try await run(files, "run", "ok.yaml", "--connect-to", "a:b").status == 2)
    }

    @Test("stubs answer calls, people and events; without a fitting answer the run says what it lacks")
    func stubs() async throws {
        let text = workflow(
            """
              - order: {call: http, with: {method: get, endpoint: "https://erp.example/orders/{id}"}}
              - ticket: {call: 'work-orders.create:1.0.0@default', with: {title: t, priority: p}}
              - ask: {call: 'human-task:1.0.0@default', with: {title: ok, role: supervisor}}
              - hear: {listen: {to: {one: {with: {type: press.stopped}}}}, output: {as: '${ .[0] }'}}
            """)
        let stub = """
            http:
              - request: GET https://erp.example/orders/*
                answers: [{status: 200, body: {id: 7}}]
            calls:
              - {function: work-orders.create, result: {id: WO-1}}
            decisions:
              - {task: {role: supervisor}, result: {outcome: approve}, afterSeconds: 3600}
            """
        let files = [
            "w.yaml": text, "stub.yaml": stub, "none.yaml": "{}", "in.json": #"{"id": 7}"#,
            "event.yaml": "type: press.stopped\ndata: {press: 7}",
        ]
        let done = try await run(
            files, "run", "w.yaml", "--input", "in.json", "--stub", "stub.yaml", "--event", "event.yaml")
        #expect(done.status == 0, "\(done)")
        #expect(try JSONValue(parsing: done.output) == ["press": 7])
        let silent = try await run(files, "run", "w.yaml", "--input", "in.json", "--stub", "stub.yaml")
        #expect(silent.status == 1)
        #expect(silent.error.contains("an event press.stopped"))
        let lacking = try await run(files, "run", "w.yaml", "--input", "in.json", "--stub", "none.yaml")
        #expect(lacking.status == 1)
        #expect(lacking.error.contains("the stub file has no answer for GET https://erp.example/orders/7"))
    }

    @Test("mistakes of the stub file are named all at once, with their lines")
    func stubMistakes() async throws {
        let stub = "http:\n  - {request: GET}\ncalls:\n  - {function: a, result: 1, error: {}}\nelse: 1"
        let command = try await run(
            ["w.yaml": workflow("  - a: {set: {x: 1}}"), "stub.yaml": stub], "run", "w.yaml", "--stub", "stub.yaml")
        #expect(command.status == 2)
        for line in ["stub.yaml:2:", "stub.yaml:4:", "stub.yaml:5:"] {
            #expect(command.error.contains(line), "\(line) \(command)")
        }
    }

    @Test("a secret reaches the call and nothing that is printed")
    func secrets() async throws {
        let text = workflow(
            """
              - a:
                  call: http
                  with:
                    method: get
                    endpoint: {uri: "https://erp.example/a", authentication: {bearer: {token: '${ $secrets.erp }'}}}
                    output: response
            """, extra: "use: {secrets: [erp]}")
        let stub = "http:\n  - {request: GET https://erp.example/a, status: 200, body: {id: 7}}"
        let command = try await run(
            ["w.yaml": text, "stub.yaml": stub, "secrets.json": #"{"erp": "s3cret-value"}"#], "run", "w.yaml", "--stub",
            "stub.yaml", "--secrets", "secrets.json", "--trace", "--lifecycle")
        #expect(command.status == 0, "\(command)")
        #expect(!command.output.contains("s3cret-value") && !command.error.contains("s3cret-value"))
        let without = try await run(
            ["w.yaml": text, "stub.yaml": stub], "run", "w.yaml", "--stub", "stub.yaml")
        #expect(without.status == 1)
        #expect(without.error.contains("erp"))
    }

    @Test("events start a workflow that they schedule; others are refused with a reason")
    func started() async throws {
        let text = workflow(
            "  - a: {set: {lot: '${ $workflow.input[0].data.lot }'}}",
            extra: "schedule: {on: {one: {with: {type: lot.failed}}}}")
        let files = [
            "w.yaml": text, "event.json": #"[{"type": "other"}, {"type": "lot.failed", "data": {"lot": "L7"}}]"#,
            "other.json": #"{"type": "other"}"#,
        ]
        let command = try await run(files, "run", "w.yaml", "--event", "event.json")
        #expect(try JSONValue(parsing: command.output) == ["lot": "L7"])
        let refused = try await run(files, "run", "w.yaml", "--event", "other.json")
        #expect(refused.status == 2)
        #expect(refused.error.contains("none of the given ones does"))
    }

    @Test("in real time a wait takes its time, and a virtual day none")
    func clocks() async throws {
        let text = workflow("  - a: {wait: {milliseconds: 1500}}\n  - b: {set: {x: 1}}")
        let start = ContinuousClock.now
        #expect(try await run(["w.yaml": text], "run", "w.yaml", "--clock", "real").status == 0)
        #expect(ContinuousClock.now - start >= .milliseconds(1500))
        let dated = workflow("  - a: {wait: P1D}\n  - b: {set: {now: '${ now | todate }'}}")
        let command = try await run(["w.yaml": dated], "run", "w.yaml", "--at", "2026-01-31T08:00:00Z")
        #expect(try JSONValue(parsing: command.output) == ["now": "2026-02-01T08:00:00Z"])
    }

    @Test("a workflow starts another that is given with it")
    func children() async throws {
        let parent = workflow(
            "  - go: {run: {workflow: {namespace: tests, name: child, version: latest, input: {n: 20}}}}",
            name: "parent")
        let child = workflow("  - a: {set: {n: '${ .n + 1 }'}}", name: "child")
        let files = ["p.yaml": parent, "c.yaml": child]
        let command = try await run(files, "run", "p.yaml", "--also", "c.yaml")
        #expect(try JSONValue(parsing: command.output) == ["n": 21])
        #expect(try await run(files, "run", "p.yaml").error.contains("--also"))
    }

    @Test("a function of a catalog and a script are fetched before the run; without them the run does not begin")
    func catalogue() async throws {
        let text = workflow(
            """
              - log: {call: 'log:1.0.0@company', with: {message: hello}}
            """,
            extra: "use: {catalogs: {company: {endpoint: {uri: 'https://catalog.example/root', authentication: {basic: "
                + "{username: u, password: p}}}}}}")
        let stub = """
            http:
              - request: GET https://catalog.example/root/functions/log/1.0.0/function.yaml
                body: "input: {schema: {document: {required: [message]}}}\\nset: {logged: '${ .message }'}"
            """
        let files = ["w.yaml": text, "stub.yaml": stub, "none.yaml": "{}"]
        let command = try await run(files, "run", "w.yaml", "--stub", "stub.yaml")
        #expect(command.status == 0, "\(command)")
        #expect(try JSONValue(parsing: command.output) == ["logged": "hello"])
        let without = try await run(files, "run", "w.yaml", "--stub", "none.yaml")
        #expect(without.status == 2)
        #expect(without.error.contains("resource-missing"))
    }

    @Test("scripts and shell commands run in their sandbox, with every way of returning what came of them")
    func processes() async throws {
        func shell(_ returned: String, _ more: String = "") -> String {
            workflow(
                "  - a: {run: {shell: {command: 'cat; echo oops >&2; exit 3', stdin: '${ .text }'}, return: \(returned)\(more)}}"
            )
        }
        let files = [
            "stdout.yaml": shell("stdout"), "stderr.yaml": shell("stderr"), "code.yaml": shell("code"),
            "all.yaml": shell("all"), "none.yaml": shell("none"), "away.yaml": shell("all", ", await: false"),
            "in.json": #"{"text": "hello"}"#,
            "python.yaml": workflow(
                "  - a: {run: {script: {language: python, code: 'import sys; print(sys.argv[1])', arguments: [x]}}}"),
            "network.yaml": workflow(
                "  - a: {run: {shell: {command: 'cat /etc/passwd; ls /root /home'}, return: code}}"),
        ]
        let expected: [(String, JSONValue)] = [
            ("stdout.yaml", "hello"), ("stderr.yaml", "oops\n"), ("code.yaml", 3),
            ("all.yaml", ["code": 3, "stdout": "hello", "stderr": "oops\n"]), ("none.yaml", .null),
            ("away.yaml", ["text": "hello"]), ("python.yaml", "x\n"),
        ]
        for (file, output) in expected {
            let command = try await run(files, "run", file, "--input", "in.json")
            #expect(try command.status == 0 && JSONValue(parsing: command.output) == output, "\(file): \(command)")
        }
        #expect(try await run(files, "run", "network.yaml").output != "0\n")
    }

    @Test("what came from the network cannot make the program read files of this machine")
    func hostileCatalogue() async throws {
        let text = workflow("  - log: {call: 'https://catalog.example/f.yaml', with: {}}")
        let stub = """
            http:
              - request: GET https://catalog.example/f.yaml
                body: "run: {script: {language: python, source: {endpoint: file:///etc/hostname}}}"
            """
        let command = try await run(["w.yaml": text, "stub.yaml": stub], "run", "w.yaml", "--stub", "stub.yaml")
        #expect(command.status == 2)
        #expect(command.error.contains("file:///etc/hostname is not available here"))
    }

    @Test("a stubbed answer takes its time of the run's clock alone, and a timeout comes before it")
    func stubbedDelay() async throws {
        let text = workflow(
            """
              - a:
                  try: [{slow: {call: http, with: {method: get, endpoint: 'https://erp/a'}, timeout: {after: PT10S}}}]
                  catch: {do: [{told: {set: {status: '${ $error.status }', now: '${ now | todate }'}}}]}
            """)
        let stub = "http:\n  - {request: GET https://erp/a, body: {}, afterSeconds: 3600}"
        let start = ContinuousClock.now
        let command = try await run(
            ["w.yaml": text, "stub.yaml": stub], "run", "w.yaml", "--stub", "stub.yaml", "--at", "2026-01-31T08:00:00Z")
        #expect(try JSONValue(parsing: command.output) == ["status": 408, "now": "2026-01-31T08:00:10Z"])
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("a byte order mark in front of a file is no mistake; a file without end is")
    func bytes() async throws {
        let text = "\u{FEFF}" + workflow("  - a: {set: {x: 1}}")
        #expect(try await run(["w.yaml": text], "validate", "w.yaml").status == 0)
        let endless = try await run([:], "validate", "/dev/zero")
        #expect(endless.status == 2)
        #expect(endless.output.contains("more than"))
    }
}
