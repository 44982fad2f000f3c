import JSON
import Primitives
import Testing
import Workflow

@Suite("Tasks")
struct TaskTests {
    @Test("set gives exactly what it says, and data is never evaluated")
    func set() throws {
        let given = try Given(
            """
            - a:
                set:
                  shape: circle
                  size: ${ .size }
                  list: [1, "${ .size.width }", {deep: "${ $workflow.id }"}]
            - b:
                set: ${ . }
            """)
        let run = given.run(try json(#"{"size":{"width":6},"evil":"${ error }"}"#))
        #expect(run.status == .completed)
        let expected = try json(#"{"shape":"circle","size":{"width":6},"list":[1,6,{"deep":"\#(Given.runID)"}]}"#)
        #expect(run.output == expected)
        let evil = try Given("- a: {set: {x: '${ .evil }'}}").run(["evil": "${ error }"])
        #expect(evil.output == ["x": "${ error }"])
    }

    @Test("switch takes the first case that holds, then the default, then its own directive")
    func select() throws {
        let given = try Given(
            """
            - choose:
                switch:
                  - high: {when: .n > 10, then: big}
                  - low: {when: .n > 0, then: small}
                then: end
            - big: {set: {size: big}, then: end}
            - small: {set: {size: small}, then: end}
            """)
        #expect(given.run(["n": 11]).output == ["size": "big"])
        #expect(given.run(["n": 1]).output == ["size": "small"])
        #expect(given.run(["n": 0]).output == ["n": 0])
        let taken = given.run(["n": 1]).journal.first { $0.taskType == "switch" }
        #expect(taken?.detail == ["case": "low"])
        #expect(taken?.output == nil)
    }

    @Test("a task whose if does not hold is stepped over, and its directive is not followed")
    func condition() throws {
        let given = try Given(
            """
            - a: {if: .go, set: {x: 1}, then: end}
            - b: {set: {y: 2}}
            """)
        #expect(given.run(["go": false]).output == ["y": 2])
        #expect(given.run(["go": true]).output == ["x": 1])
        #expect(given.run([:]).journal.map(\.kind) == [.runStarted, .taskSkipped, .taskCompleted, .runCompleted])
    }

    @Test("for hands each iteration's output to the next, and stops when while does not hold")
    func loop() throws {
        let given = try Given(
            """
            - a:
                for: {each: color, in: .colors, at: n}
                while: $color != "stop"
                do:
                  - mark:
                      set:
                        seen: '${ (.seen // []) + [{c: $color, n: $n}] }'
            """)
        #expect(
            given.run(try json(#"{"colors":["red","green","stop","blue"]}"#)).output
                == (try json(#"{"seen":[{"c":"red","n":0},{"c":"green","n":1}]}"#)))
        #expect(given.run(try json(#"{"colors":[]}"#)).output == (try json(#"{"colors":[]}"#)))
        let wrong = given.run(["colors": 5])
        #expect(wrong.error?.type == StandardErrorType.expression.uri)
        #expect(wrong.error?.instance == "/do/0/a")
    }

    @Test("loops nest, and exit inside one goes on with the next item")
    func nestedLoops() throws {
        let given = try Given(
            """
            - rows:
                for: {each: row, in: "[[1, 2], [3, 4]]"}
                do:
                  - cells:
                      for: {each: cell, in: $row}
                      do:
                        - skipThree:
                            if: $cell == 3
                            set: ${ . }
                            then: exit
                        - add:
                            set: {sum: "${ (.sum // 0) + $cell }"}
            """)
        #expect(given.run().output == ["sum": 7])
    }

    @Test("inside a loop and a catch the variables of what is around them can still be read")
    func outerVariables() throws {
        let given = try Given(
            """
            - rows:
                for: {each: row, in: "[[1, 2], [3]]", at: r}
                do:
                  - cells:
                      for: {each: cell, in: $row, at: c}
                      do:
                        - attempt:
                            try:
                              - fail: {raise: {error: {type: 'https://example.com/x', status: 400}}}
                            catch:
                              as: trouble
                              do:
                                - note:
                                    set:
                                      seen: '${ (.seen // []) + [[$r, $c, $cell, ($row | length), $trouble.status]] }'
            """)
        #expect(
            given.run().output == ["seen": [[0, 0, 1, 2, 400], [0, 1, 2, 2, 400], [1, 0, 3, 1, 400]]])
    }

    @Test("then leads forwards and backwards, exit ends the list, end ends the run")
    func flow() throws {
        let order = try Given(
            """
            - first: {set: {log: '${ (.log // []) + ["first"] }'}, then: third}
            - second: {set: {log: '${ .log + ["second"] }'}, then: end}
            - third: {set: {log: '${ .log + ["third"] }'}, then: second}
            """)
        #expect(order.run().output == ["log": ["first", "third", "second"]])
        let inner = try Given(
            """
            - outer:
                do:
                  - a: {set: {x: 1}, then: exit}
                  - b: {set: {x: 2}}
            - after: {set: {x: "${ .x + 10 }"}}
            """)
        #expect(inner.run().output == ["x": 11])
        let ended = try Given(
            """
            - outer:
                do:
                  - a: {set: {x: 1}, then: end}
                output: {as: "{ y: .x }"}
            - after: {set: {x: 5}}
            """)
        #expect(ended.run().output == ["y": 1])
    }

    @Test("data flows as the specification says: from, as, export and their schemas")
    func dataFlow() throws {
        let given = try Given(
            """
            - a:
                input: {from: .user, schema: {document: {type: object, required: [user]}}}
                set: {name: "${ .name }", raw: "${ $task.input.user.name }"}
                output: {as: "{ name, before: $input.name, raw }"}
                export: {as: "$context + { last: $output.name }"}
            - b:
                set: {greeting: '${ "Hello \\($context.last) from \\($context.parameters.plant)" }'}
            """,
            extra: """
                input: {from: "{ user: .person }"}
                output: {as: "{ result: .greeting }"}
                """)
        let run = given.run(try json(#"{"person":{"name":"Ada"}}"#), parameters: ["plant": "P1"])
        #expect(run.output == ["result": "Hello Ada from P1"])
        let invalid = given.run(try json(#"{"person":null}"#)).error
        #expect(invalid == nil || invalid?.type == StandardErrorType.validation.uri)
    }

    @Test("an input that does not fit the schema faults with a validation error at the right place")
    func schemas() throws {
        let workflow = try Given(
            "- a: {set: {x: 1}}", extra: "input: {schema: {document: {type: object, required: [n]}}}")
        #expect(workflow.run([:]).error?.instance == "/input")
        #expect(workflow.run([:]).error?.type == StandardErrorType.validation.uri)
        let task = try Given("- a: {set: {x: 1}, output: {schema: {document: {required: [y]}}}}")
        #expect(task.run([:]).error?.instance == "/do/0/a")
    }

    @Test("emit gives a CloudEvent with an identity of its own, and gives it on")
    func emit() throws {
        let given = try Given(
            """
            - a:
                emit:
                  event:
                    with:
                      source: https://plant.example
                      type: com.example.greeted
                      data: {greetings: '${ "Hello \\(.name)!" }'}
            - b:
                emit: {event: {with: {type: com.example.second}}}
            """)
        let advance = given.start(["name": "Ada"])
        #expect(advance.emitted.count == 2)
        let first = advance.emitted[0]
        #expect(first["specversion"] == "1.0")
        #expect(first["source"] == "https://plant.example")
        #expect(first["data"] == ["greetings": "Hello Ada!"])
        #expect(first["id"] != advance.emitted[1]["id"])
        #expect(advance.emitted[1]["source"] == "/workflows/tests/under-test")
        #expect(advance.output == advance.emitted[1])
    }

    @Test("raise faults with the error, placed at the task, its texts evaluated")
    func raise() throws {
        let given = try Given(
            """
            - a:
                raise:
                  error:
                    type: https://example.com/errors/late
                    status: 409
                    title: Late
                    detail: ${ "by \\(.days) days" }
            """)
        let run = given.run(["days": 3])
        #expect(run.status == .faulted)
        #expect(
            run.error
                == WorkflowError(
                    type: "https://example.com/errors/late", status: 409, title: "Late", detail: "by 3 days",
                    instance: "/do/0/a"))
    }

    @Test("an error of use.errors is raised by its name")
    func namedError() throws {
        let given = try Given(
            "- a: {raise: {error: late}}",
            extra: "use: {errors: {late: {type: 'https://example.com/late', status: 409}}}")
        #expect(given.run().error?.type == "https://example.com/late")
    }

    @Test("a function of the document runs with its arguments as input")
    func function() throws {
        let given = try Given(
            """
            - a:
                call: double
                with: {n: "${ .value }"}
            """,
            extra: """
                use:
                  functions:
                    double:
                      input: {schema: {document: {required: [n]}}}
                      set: {n: "${ .n * 2 }"}
                """)
        let run = given.run(["value": 21])
        #expect(run.output == ["n": 42])
        #expect(run.journal.filter(JournalEntry.isMetered).map(\.taskReference) == ["/use/functions/double"])
    }

    @Test("loose mode evaluates text that is a program, strict mode does not")
    func looseMode() throws {
        let tasks = "- a: {set: {x: .n, y: plain text, z: '$context.parameters.p'}}"
        let strict = try Given(tasks).run(["n": 1])
        #expect(strict.output == ["x": ".n", "y": "plain text", "z": "$context.parameters.p"])
        let loose = try Given(tasks, extra: "evaluate: {mode: loose}").run(["n": 1], parameters: ["p": 2])
        #expect(loose.output == ["x": 1, "y": "plain text", "z": 2])
    }

    @Test("$workflow, $task and $runtime describe the run")
    func arguments() throws {
        let given = try Given(
            """
            - a:
                set:
                  id: ${ $workflow.id }
                  name: ${ $workflow.definition.document.name }
                  input: ${ $workflow.input.n }
                  started: ${ $workflow.startedAt.epoch.milliseconds }
                  iso: ${ $task.startedAt.iso8601 }
                  task: ${ $task.reference }
                  runtime: ${ $runtime.name }
            """)
        let output = given.run(["n": 7]).output
        #expect(output?["id"]?.stringValue == Given.runID.description)
        #expect(output?["name"] == "under-test")
        #expect(output?["input"] == 7)
        #expect(output?["started"] == 1_700_000_000_000)
        #expect(output?["iso"] == "2023-11-14T22:13:20Z")
        #expect(output?["task"] == "/do/0/a")
        #expect(output?["runtime"] == "millwright")
    }

    @Test("in loose mode what cannot be evaluated is text after all")
    func looseFallback() throws {
        let run = try Given(
            "  - a: {set: {sum: 1 + 1, size: length, odd: '.n | error', words: not a program, own: '${ .n }'}}",
            extra: "evaluate: {mode: loose}"
        ).run(["n": 1])
        #expect(
            run.output == ["sum": 2, "size": 1, "odd": ".n | error", "words": "not a program", "own": 1])
    }
}
